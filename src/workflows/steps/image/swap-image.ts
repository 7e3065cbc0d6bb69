import { RewindError } from '../../../domain/errors.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import { claimedVolume, isStranger, type VolumeClaim } from '../../acts/own-volume.ts';
import { BYTES_PER_GIB } from '../../recipe-limits.ts';
import type { RecipeStep, World } from '../../world.ts';

export interface SwapImageInput {
  /** The name by which OpenStack knows the disk. */
  live: ImageRef;
  draft: ImageRef;
  /** The name that the replaced image gets. */
  aside: ImageRef;
  /** The volume's owner and place; null: the disk is the server's own. */
  volume?: VolumeClaim | null;
  /** Past the point of no return: a disk that is no longer ours is left as it is, and the rest goes on. */
  onward?: boolean;
}

/** A disk that was not touched, because it is no longer what was planned. */
export interface Left {
  left: { code: string; reason: string };
}

/**
 * The moment when the draft gets the name of the real image. It takes two renames, and the names alone show which of
 * them happened, so it can be interrupted and continued anywhere. Nobody may have either image open: rbd does not
 * refuse to rename an image in use.
 */
export const swapImage: RecipeStep<SwapImageInput, Left | null> = {
  name: 'swap-image',
  async act(context, { live, draft, aside, volume, onward }) {
    const { ceph } = context.world;
    const sizeGiB = await stillOurs(context, volume, onward);
    if (typeof sizeGiB !== 'number') {
      // The draft goes where unneeded images go.
      if (await ceph.imageInfo(draft)) await ceph.renameImage(draft, aside.image);
      return sizeGiB;
    }
    // Asked at the same time, because the server stands still meanwhile.
    const [drafted, old, ...opened] = await Promise.all([
      ceph.imageInfo(draft),
      ceph.imageInfo(live),
      ceph.watchers(live),
      ceph.watchers(draft),
    ]);
    if (!drafted) {
      if (old) return null;
      throw new RewindError('restore.images-gone');
    }
    if (opened.flat().length > 0) {
      throw new RewindError('disk.in-use', 'The disk is still open somewhere.');
    }
    // It was extended while the draft was filled: Cinder and Nova rely on the size that it has now.
    const sizeBytes = Math.max(old?.sizeBytes ?? 0, sizeGiB * BYTES_PER_GIB);
    if (sizeBytes > drafted.sizeBytes) await ceph.growImage(draft, sizeBytes);
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
  async undo(context, { live, draft, aside, volume }) {
    const { ceph } = context.world;
    if (!(await ceph.imageInfo(aside))) return;
    if (volume && !(await isOurs(context, volume))) {
      // Somebody has it by now, with the data that were brought into it: that stays.
      await context.proveLease();
      await ceph.removeImage(aside);
      return;
    }
    await context.proveLease();
    if (await ceph.imageInfo(live)) await ceph.renameImage(live, draft.image);
    context.boundary('new-aside');
    await ceph.renameImage(aside, live.image);
  },
};

/** Its size in GiB, 0 where there is no volume; or the reason why it is to be left. */
export async function stillOurs(
  context: StepContext<World>,
  claim: VolumeClaim | null | undefined,
  onward: boolean | undefined,
): Promise<number | Left> {
  if (!claim) return 0;
  try {
    return (await claimedVolume(context, claim))?.sizeGiB ?? 0;
  } catch (error) {
    if (!onward || !isStranger(error)) throw error;
    context.log.error('a disk is no longer what it was planned to be, it is left as it is', { err: error });
    return { left: { code: error.code, reason: error.message } };
  }
}

async function isOurs(context: StepContext<World>, claim: VolumeClaim): Promise<boolean> {
  try {
    return (await claimedVolume(context, claim)) !== undefined;
  } catch (error) {
    if (isStranger(error)) return false;
    throw error;
  }
}
