import type { ImageRef } from '../../src/domain/points/disk.ts';
import { MEMORY_FORMAT, type SavedMemory } from '../../src/domain/points/memory-point.ts';
import type { HostAgents } from '../../src/ports/host-agents.ts';
import { MemoryCloud, type StoredCloud } from '../world/memory-cloud.ts';
import { SparseCeph, type StoredCeph } from '../world/sparse-ceph.ts';
import type { Release, Surroundings } from './release.ts';

const MIB = 1024 ** 2;

/** An operation that a release left open, with the world around it as it was at that moment. JSON. */
export interface RecordedOperation {
  /** Of the scenario. */
  name: string;
  recipe: string;
  /** The boundary at which its worker died; the key's item is left out. */
  place: string;
  /** The point of no return lay behind; or everything was being put back. */
  state: 'before' | 'committed' | 'undoing';
  operationId: string;
  projectId: string;
  serverId: string;
  sealed: boolean;
  environment: object;
  ceph: StoredCeph;
  cloud: StoredCloud;
  /** What must be when it has come to its end, and when all was put back. */
  done: Expected;
  undone: Expected;
}

/** What must be true at an end. Hashes are those of `contentHash`. */
export interface Expected {
  /** Ids of backups that must restore to these bytes: disk → hash. */
  backups: Record<string, { target: string; disks: Record<string, string> }>;
  goneBackups?: string[];
  /** Backups and snapshots that are whole, with the status `error`: somebody wanted them gone. */
  wanted?: string[];
  snapshots?: string[];
  goneSnapshots?: string[];
  /** Images by name, `vms/…`, and the hash of what is in them. */
  images: Record<string, string>;
  /** Volumes and servers of the cloud, in number. */
  volumes: number;
  servers: number;
  /** A restore, and what must be in the volumes that it names: disk → hash. Null: in the server's root disk on an image. */
  restored?: { id: string; disks: Record<string, string> };
  /** Snaps that no image may carry. */
  goneSnaps?: string[];
  /** A newest backup needs at most so many runs of each disk. */
  mostRuns?: number;
  /** Nothing lies on the first target that no manifest names. */
  swept?: boolean;
}

export async function surroundingsOf(recorded: RecordedOperation, release: Release): Promise<Surroundings> {
  const ceph = SparseCeph.of(recorded.ceph);
  const cloud = new MemoryCloud(ceph, recorded.projectId).take(recorded.cloud);
  return around(ceph, cloud, recorded, release);
}

export function around(
  ceph: SparseCeph,
  cloud: MemoryCloud,
  { environment, sealed }: Pick<RecordedOperation, 'environment' | 'sealed'>,
  release: Pick<Release, 'serve'>,
): Surroundings {
  ceph.serve = release.serve;
  return { ceph, cloud, hosts: agentsOf(ceph, cloud), environment, sealed };
}

/** Agents that do at once what they are asked for. */
function agentsOf(ceph: SparseCeph, cloud: MemoryCloud): HostAgents {
  const at = '2026-01-01T00:00:00.000Z';
  const snapAll = async (images: readonly ImageRef[], snap: string) => {
    for (const image of images) {
      await ceph.ceph.removeSnap(image, snap);
      await ceph.ceph.createSnap(image, snap);
    }
  };
  return {
    async takeInstant({ request }) {
      await snapAll(request.images, request.snap);
      return { at, consistency: 'crash', pausedMs: 40 };
    },
    async takeMemory({ request: { images, snap, memory, serverId } }) {
      await snapAll(images, snap);
      await ceph.ceph.createImage(memory, 4 * MIB);
      return { at, consistency: 'crash', pausedMs: 60, memory: savedMemory(memory, serverId, at) };
    },
    stageMemory: async ({ request: { memory, serverId } }) => savedMemory(memory, serverId, at),
    async restoreMemory({ request: { serverId } }) {
      await cloud.compute.startServer(serverId);
      return { already: false, clockSet: true };
    },
    callOff: async () => undefined,
  };
}

const savedMemory = (image: ImageRef, domain: string, at: string): SavedMemory => ({
  ...{ format: MEMORY_FORMAT, image, store: 'stream', bytes: 4 * MIB, sha256: 'ab'.repeat(32), domain, at },
  ...{
    ramBytes: 64 * MIB,
    vcpus: 1,
    devices: ['disk vda'],
    machine: 'pc-i440fx-7.2',
    hostCpu: 'x',
    qemu: '7',
    libvirt: '9',
  },
});
