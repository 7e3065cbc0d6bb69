import type { ImageRef } from '../../../domain/points/disk.ts';
import type { RecipeStep } from '../../world.ts';
import { orOwe } from '../backup/owe.ts';
import { owingSnap, ownBases } from './unneeded-image.ts';

export interface DropOldSnapsInput {
  image: ImageRef;
  /** The snap that the next increment will build on. */
  keep: string;
}

/**
 * Only now that the new base is published, the older ones are removed, one by one, and only ours: a snap that another
 * installation left is the base of its own increments.
 */
export const dropOldSnaps: RecipeStep<DropOldSnapsInput, { dropped: number }> = {
  name: 'drop-old-snaps',
  async act(context, { image, keep }) {
    const { ceph } = context.world;
    let dropped = 0;
    const info = await ceph.imageInfo(image);
    // A volume that was deleted since then took its snaps along.
    if (!info) return { dropped };
    const snaps = (await ceph.listSnaps(image)).map((snap) => snap.name);
    for (const snap of await ownBases(context.world, snaps)) {
      if (snap === keep) continue;
      await context.proveLease();
      const owing = owingSnap({ pool: image.pool, imageId: info.id, snap });
      await orOwe(context, owing, async () => {
        await ceph.removeSnap(image, snap);
        dropped += 1;
      });
    }
    return { dropped };
  },
};
