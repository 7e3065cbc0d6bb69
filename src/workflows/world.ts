import type { ErrorCode } from '../domain/errors.ts';
import type { Ceph } from '../ports/ceph.ts';
import type { HostAgents } from '../ports/host-agents.ts';
import type { KeyRing } from '../ports/keys.ts';
import type { Catalogue } from '../ports/stores/catalogue.ts';
import type { CondemnedRuns } from '../ports/stores/condemned-runs.ts';
import type { Debts } from '../ports/stores/debts.ts';
import type { ManifestCopies } from '../ports/stores/manifest-copies.ts';
import type { Operations } from '../ports/stores/operations.ts';
import type { OwnNames } from '../ports/stores/own-names.ts';
import type { ServedDisks } from '../ports/stores/served-disks.ts';
import type { Turns } from '../ports/stores/turns.ts';
import type { Clock } from '../ports/system.ts';
import type { Targets } from '../ports/target.ts';
import type { AnyStep, Step } from '../workflow-engine/step.ts';
import type { RecipeCloud } from './acts/eyes.ts';

/** What the recipes act on. */
export interface World {
  ceph: Ceph;
  cloud: RecipeCloud;
  hosts: HostAgents;
  targets: Targets;
  catalogue: Catalogue;
  /** Other operations. */
  operations: Pick<Operations, 'holderOf' | 'requestCancel' | 'forget'>;
  manifestCopies: ManifestCopies;
  condemnedRuns: CondemnedRuns;
  /** Records what cannot be cleaned up now; an operation never waits for that. */
  debts: Debts;
  /** Another installation may have made things whose names look like ours. */
  ownNames: Pick<OwnNames, 'ours'>;
  servedDisks: ServedDisks;
  turns: Turns;
  /** Sends a message to the users of a server's project. */
  tell?: (message: ServerMessage) => Promise<void>;
  clock: Clock;
  /** Authenticates manifests; 32 bytes. */
  manifestKey: Uint8Array;
  keys: KeyRing;
  settings: RecipeSettings;
  /** Version of this release, for manifests. */
  release: string;
}

export interface ServerMessage {
  projectId: string;
  serverId: string;
  level: 'ERROR' | 'WARNING';
  /** For a guest's clock it is the code of the difference that says the same. */
  code: `vm-backup.${ErrorCode}` | 'memory.clock';
  words: string;
}

export interface RecipeSettings {
  /** Pool of Nova's root disks (`images_rbd_pool`). */
  rootPool: string;
  /** Pool of Cinder's volumes, unless `volumeHosts` says otherwise. */
  volumePool: string;
  /** Pool for those parts of a server's snapshot that are not disks. */
  snapshotPool: string;
  /** Cinder's `host@backend#pool` → RBD pool. */
  volumeHosts: Readonly<Record<string, string>>;
  /** No new points are made while one of their pools is this full, 0 to 1; 1 or absent: this is not checked. */
  nearlyFullRatio?: number;
  /** Disks of one operation that are exported or filled at the same time. */
  disksInParallel: number;
  zstdLevel: number;
  /** A newest backup that needs more runs than this gets fewer by merging; 0: never. */
  compactRuns: number;
  /** Runs are merged for space when this share of what must be written again is won back. */
  compactShare: number;
  /** A run that no manifest names is removed after this time. */
  sweepGraceHours: number;
  /** How long the snapshot made before a restore in place is kept; 0: none is made. */
  safetyHours: number;
  /** True: a deleted volume that is still in Ceph's trash with the backup's snap is taken from there. */
  useTrash: boolean;
  /** A disk up to this size is rolled back; a larger one gets a clone, so that its server need not wait. */
  rollbackMaxBytes: number;
  /** The URL from which librbd reads disks of backups; null: there are no instant restores. */
  gatewayUrl: string | null;
  /** Objects of a disk that are brought at the same time while its server runs. */
  objectsInParallel: number;
  /** Limit for each transfer of one worker; 0: no limit. */
  maxBytesPerSecond: number;
}

/** A step of our recipes. */
export type RecipeStep<I, O> = Step<World, I, O>;
export type AnyRecipeStep = AnyStep<World>;
