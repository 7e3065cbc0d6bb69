import { RewindError } from '../../domain/errors.ts';
import { isOurImage, isOurSnap, snapshotOfSnapName } from '../../domain/names.ts';
import type { World } from '../world.ts';
import { discardImage } from './fill-draft.ts';
import { reachImage } from './reach-image.ts';

/**
 * An image whose disk is gone, by Ceph's id: it and our bases on it go, unless it is needed. Resolves to whether it is
 * gone; false: it is a living disk again, or snapshots are on it, with the last of which it goes.
 */
export async function removeUnneededImage(world: Pick<World, 'ceph'>, pool: string, id: string): Promise<boolean> {
  const { ceph } = world;
  const found = await ceph.imageOfId(pool, id);
  if (!found) return true;
  if (!(found.inTrash || isOurImage(found.name))) return false;
  const snaps = (await ceph.listSnapsOfId(pool, id)).map((snap) => snap.name);
  if (snaps.some((name) => snapshotOfSnapName(name) !== undefined)) return false;
  if (!snaps.every(isOurSnap)) {
    throw new RewindError('ceph.has-snapshots', 'The disk image has snapshots.', { fault: 'errored' });
  }
  const image = await reachImage(world, pool, id);
  if (image) await discardImage(world, image, snaps);
  return true;
}

/** A snap of ours on whatever image Ceph knows by this id. */
export async function removeOurSnap(world: Pick<World, 'ceph'>, pool: string, id: string, snap: string): Promise<void> {
  const image = isOurSnap(snap) ? await reachImage(world, pool, id) : undefined;
  if (image) await world.ceph.removeSnap(image, snap);
}
