import { randomUUID } from 'node:crypto';
import type { ImageRef } from '../../src/domain/points/disk.ts';
import type { Ceph } from '../../src/ports/ceph.ts';

/** A pool for experiments in the lab. */
export const POOL = 'snapshots';
export const MIB = 2 ** 20;
export const SETTINGS = { conf: '/etc/ceph/ceph.conf', user: 'rewind', opTimeoutSeconds: 20, stallSeconds: 60 };

/** Names given out to this file of tests: each has its own, so that it does not fail for what another one left. */
const named: string[] = [];

/** A name that nobody has, and that says whose leftover it is; the image is not there yet. */
export function freshRef(): ImageRef {
  const ref = { pool: POOL, image: `rewind-test-${randomUUID()}` };
  named.push(ref.image);
  return ref;
}

/** Images of a name given out that are there. */
export const leftovers = async (ceph: Ceph): Promise<string[]> =>
  (await ceph.listImages(POOL)).filter((image) => named.includes(image));

export async function removeWithSnaps(ceph: Ceph, ref: ImageRef): Promise<void> {
  for (const snap of await ceph.listSnaps(ref).catch(() => [])) await ceph.removeSnap(ref, snap.name);
  await ceph.removeImage(ref);
}
