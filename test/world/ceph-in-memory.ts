import { RewindError } from '../../src/domain/errors.ts';
import type { ImageRef } from '../../src/domain/points/disk.ts';
import type { Ceph } from '../../src/ports/ceph.ts';

export interface FakeImage {
  pool: string;
  name: string;
  id: string;
  snaps: string[];
  /** Snaps that were removed while clones of them live. */
  held?: string[];
  /** Snaps of which somebody made clones. */
  cloned?: string[];
  inTrash?: boolean;
  deletedAtMs?: number;
  watched?: boolean;
  sizeBytes?: number;
  createdAtMs?: number;
  marks?: Record<string, string>;
  written?: boolean;
}

type Known = Pick<
  Ceph,
  | (
      | 'imageInfo'
      | 'imageOfId'
      | 'listSnaps'
      | 'listSnapsOfId'
      | 'heldSnapsOfId'
      | 'watchers'
      | 'listImages'
      | 'listTrash'
    )
  | ('removeSnapOfId' | 'removeTrashed' | 'trashImage' | 'childrenOf')
  | ('marks' | 'mark' | 'isWritten' | 'migrationState')
  | ('removeSnap' | 'removeImage' | 'renameImage' | 'untrashImage' | 'createImage')
>;

/** Names, ids, snaps and the trash of a pool; no content. What a test does not need is not there. */
export function cephInMemory(images: FakeImage[]): Ceph {
  const at = ({ pool, image }: ImageRef) =>
    images.find((one) => !one.inTrash && one.pool === pool && one.name === image);
  const of = (pool: string, id: string) => images.find((one) => one.pool === pool && one.id === id);
  const missing = () => new RewindError('ceph.not-found', 'A disk image is not there.');
  const snapsOf = (one: FakeImage | undefined) => {
    if (!one) throw missing();
    return one.snaps.map((name) => ({ name, sizeBytes: 1, protected: false }));
  };
  let made = 0;
  const drop = (one: FakeImage) => {
    if (one.watched) throw new RewindError('ceph.busy');
    if (one.snaps.length + (one.held?.length ?? 0) > 0) throw new RewindError('ceph.has-snapshots');
    images.splice(images.indexOf(one), 1);
  };
  /** As Ceph does it: the clones go on reading from a snap that nobody sees. */
  const dropSnap = (one: FakeImage | undefined, snap: string) => {
    if (!one?.snaps.includes(snap)) return;
    one.snaps = one.snaps.filter((name) => name !== snap);
    if (one.cloned?.includes(snap)) one.held = [...(one.held ?? []), snap];
  };
  const known: Known = {
    imageInfo: async (ref) => {
      const one = at(ref);
      if (!one) return undefined;
      const { id, sizeBytes = 1, createdAtMs = 0 } = one;
      return { id, sizeBytes, createdAtMs, objectSizeBytes: 1, features: [], flags: [], parent: null };
    },
    imageOfId: async (pool, id) => {
      const one = of(pool, id);
      return one && { name: one.name, inTrash: one.inTrash ?? false };
    },
    listSnaps: async (ref) => snapsOf(at(ref)),
    listSnapsOfId: async (pool, id) => snapsOf(of(pool, id)),
    watchers: async (ref) => (at(ref)?.watched ? ['192.0.2.1:0/1'] : []),
    listImages: async (pool) => images.filter((one) => one.pool === pool && !one.inTrash).map((one) => one.name),
    listTrash: async (pool) =>
      images
        .filter((one) => one.pool === pool && one.inTrash)
        .map(({ id, name, deletedAtMs = 0 }) => ({ id, name, deletedAtMs })),
    heldSnapsOfId: async (pool, id) => {
      const one = of(pool, id);
      if (!one) throw missing();
      return one.held ?? [];
    },
    childrenOf: async (ref) => (at(ref)?.held ?? []).map((snap) => ({ pool: ref.pool, image: `clone-of-${snap}` })),
    removeSnap: async (ref, snap) => dropSnap(at(ref), snap),
    removeSnapOfId: async (pool, id, snap) => dropSnap(of(pool, id), snap),
    removeTrashed: async (pool, id) => {
      const one = of(pool, id);
      if (one?.inTrash) drop(one);
    },
    trashImage: async (ref) => {
      const one = at(ref);
      if (one) one.inTrash = true;
    },
    removeImage: async (ref) => {
      const one = at(ref);
      if (one) drop(one);
    },
    createImage: async ({ pool, image }, sizeBytes) => {
      if (at({ pool, image })) return;
      images.push({ pool, name: image, id: (0xfff0 + made++).toString(16), snaps: [], sizeBytes });
    },
    migrationState: async () => undefined,
    marks: async (ref) => at(ref)?.marks ?? {},
    mark: async (ref, key, value) => {
      const one = at(ref);
      if (!one) throw missing();
      one.marks = { ...one.marks, [key]: value };
    },
    isWritten: async (ref) => {
      const one = at(ref);
      if (!one) throw missing();
      return one.written ?? false;
    },
    renameImage: async (ref, name) => {
      const one = at(ref);
      if (!one) throw missing();
      if (at({ ...ref, image: name })) throw new RewindError('ceph.exists', 'There is one of this name.');
      one.name = name;
    },
    untrashImage: async (pool, id, name) => {
      const one = of(pool, id);
      if (!one) throw missing();
      Object.assign(one, { name, inTrash: false });
    },
  };
  return known as Ceph;
}
