import type { ImageRef } from '../../domain/disk.ts';
import { backupOfSnapName } from '../../domain/names.ts';
import type { RecipeStep } from '../world.ts';
import { discardImage } from './fill-draft.ts';

/** The old data goes last of all. Only our own snaps are removed; with anybody else's the image stays and is told. */
export const discardOldImage: RecipeStep<{ aside: ImageRef }, null> = {
  name: 'discard-old-image',
  async act(context, { aside }) {
    const { ceph } = context.world;
    // Without an image there may still be its entry in the pool's list: a removal that was killed leaves it behind.
    const snaps = (await ceph.imageInfo(aside)) ? await ceph.listSnaps(aside) : [];
    const ours = snaps.filter((snap) => backupOfSnapName(snap.name) !== undefined);
    await context.proveLease();
    await discardImage(
      context.world,
      aside,
      ours.map((snap) => snap.name),
    );
    return null;
  },
};
