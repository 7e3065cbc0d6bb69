import type { Ceph } from '../ports/ceph.ts';
import type { HostAgents } from '../ports/host-agents.ts';
import type { Cloud } from '../ports/openstack.ts';
import type { Catalogue } from '../ports/stores.ts';
import type { Clock } from '../ports/system.ts';
import type { Targets } from '../ports/target.ts';
import type { AnyStep, Step } from '../workflow-engine/step.ts';

/** What the recipes act on. */
export interface World {
  ceph: Ceph;
  cloud: Cloud;
  hosts: HostAgents;
  targets: Targets;
  catalogue: Catalogue;
  clock: Clock;
  /** Authenticates manifests; 32 bytes. */
  manifestKey: Uint8Array;
  settings: RecipeSettings;
  /** This release, for manifests. */
  release: string;
}

export interface RecipeSettings {
  /** Pool of Nova's root disks (`images_rbd_pool`). */
  rootPool: string;
  /** Pool of Cinder's volumes, unless `volumeHosts` says otherwise. */
  volumePool: string;
  /** Cinder's `host@backend#pool` → RBD pool. */
  volumeHosts: Readonly<Record<string, string>>;
  /** Disks of one operation exported or filled at once. */
  disksInParallel: number;
  zstdLevel: number;
  /** 0: no limit. Of one worker's transfers each. */
  maxBytesPerSecond: number;
}

/** A step of our recipes. */
export type RecipeStep<I, O> = Step<World, I, O>;
export type AnyRecipeStep = AnyStep<World>;
