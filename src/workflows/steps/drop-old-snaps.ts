import type { ImageRef } from '../../domain/disk.ts';
import { backupOfSnapName } from '../../domain/names.ts';
import type { RecipeStep } from '../world.ts';
import { orOwe } from './owe.ts';
import { owingSnap } from './unneeded-image.ts';

export interface DropOldSnapsInput {
  image: ImageRef;
  /** The snap the next increment will build on. */
  keep: string;
}

/** Only now that the new base is published, the ones before it go: ours alone, one by one. */
export const dropOldSnaps: RecipeStep<DropOldSnapsInput, { dropped: number }> = {
  name: 'drop-old-snaps',
  async act(context, { image, keep }) {
    const { ceph } = context.world;
    let dropped = 0;
    const info = await ceph.imageInfo(image);
    // A volume deleted since then took its snaps along.
    if (!info) return { dropped };
    for (const snap of await ceph.listSnaps(image)) {
      if (snap.name === keep || backupOfSnapName(snap.name) === undefined) continue;
      await context.proveLease();
      const owing = owingSnap({ pool: image.pool, imageId: info.id, snap: snap.name });
      await orOwe(context, owing, async () => {
        await ceph.removeSnap(image, snap.name);
        dropped += 1;
      });
    }
    return { dropped };
  },
};
