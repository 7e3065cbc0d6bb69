import type { ImageRef } from '../../domain/disk.ts';
import { RewindError } from '../../domain/errors.ts';
import type { RecipeStep } from '../world.ts';

export interface SwapImageInput {
  /** The name by which OpenStack knows the disk. */
  live: ImageRef;
  draft: ImageRef;
  /** The name that the image which was there gets. */
  aside: ImageRef;
}

/**
 * The moment when the draft gets the name of the real image. Two renames; which of them happened can be seen from
 * the names alone, so it can be interrupted and continued anywhere. Nobody may have either image open: rbd does not
 * refuse to rename an image in use.
 */
export const swapImage: RecipeStep<SwapImageInput, null> = {
  name: 'swap-image',
  async act(context, { live, draft, aside }) {
    const { ceph } = context.world;
    // At once: the server stands still meanwhile.
    const [drafted, old, ...opened] = await Promise.all([
      ceph.imageInfo(draft),
      ceph.imageInfo(live),
      ceph.watchers(live),
      ceph.watchers(draft),
    ]);
    if (!drafted) {
      if (old) return null;
      throw new RewindError(
        'restore.images-gone',
        'Neither the restored image nor the old one is where it should be.',
        { fault: 'errored' },
      );
    }
    if (opened.flat().length > 0) {
      throw new RewindError('disk.in-use', 'The disk is still open somewhere.', { fault: 'errored', retry: true });
    }
    if (old) {
      await context.proveLease();
      await ceph.renameImage(live, aside.image);
      context.boundary('old-aside');
    }
    await context.proveLease();
    await ceph.renameImage(draft, live.image);
    return null;
  },
  /** Only before a point of no return: puts the old image back under its name. */
  async undo(context, { live, draft, aside }) {
    const { ceph } = context.world;
    if (!(await ceph.imageInfo(aside))) return;
    await context.proveLease();
    if (await ceph.imageInfo(live)) await ceph.renameImage(live, draft.image);
    context.boundary('new-aside');
    await ceph.renameImage(aside, live.image);
  },
};
