import { keptName } from '../../domain/names.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import type { World } from '../world.ts';

/**
 * The image that Ceph knows by this id, under its present name. If it is in the trash, where Cinder put it because of
 * our snaps, it is restored under a name that only we use. Undefined: it is gone for good. May safely be done twice.
 */
export async function reachImage(
  world: Pick<World, 'ceph'>,
  pool: string,
  imageId: string,
): Promise<ImageRef | undefined> {
  const found = await world.ceph.imageOfId(pool, imageId);
  if (!found) return undefined;
  if (!found.inTrash) return { pool, image: found.name };
  const image = keptName(imageId);
  await world.ceph.untrashImage(pool, imageId, image);
  return { pool, image };
}
