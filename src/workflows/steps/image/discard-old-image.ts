import type { ImageRef } from '../../../domain/points/disk.ts';
import type { RecipeStep } from '../../world.ts';
import { orOwe } from '../backup/owe.ts';
import { owingNamed, removeUnneededImage } from './unneeded-image.ts';

/**
 * The old data go last of all; an image with snapshots stays until the last of them is deleted. Where somebody's clones
 * need it, its removal becomes a debt: the server does not wait for it.
 */
export const discardOldImage: RecipeStep<{ aside: ImageRef }, null> = {
  name: 'discard-old-image',
  async act(context, { aside }) {
    const { world } = context;
    await context.proveLease();
    await orOwe(context, owingNamed('remove-image', aside), async () => {
      const info = await world.ceph.imageInfo(aside);
      if (info) await removeUnneededImage(world, aside.pool, info.id);
    });
    return null;
  },
};
