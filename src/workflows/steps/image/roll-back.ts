import { RewindError } from '../../../domain/errors.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import type { VolumeClaim } from '../../acts/own-volume.ts';
import { BYTES_PER_GIB } from '../../recipe-limits.ts';
import type { RecipeStep } from '../../world.ts';
import { type Left, stillOurs } from './swap-image.ts';

export interface RollBackInput {
  live: ImageRef;
  snap: string;
  /** Cinder and Nova rely on the size that the disk has now. */
  finalSizeBytes: number;
  /** The volume's owner and place; null: the disk is the server's own. */
  volume?: VolumeClaim | null;
}

/**
 * The living image itself is rolled back. It keeps its name, its snaps and its place as the base of increments. rbd
 * does not always refuse this under a running server, so nobody may have the image open. If it is interrupted, it is
 * done again from the start: until then the disk is neither the old one nor the new one.
 */
export const rollBack: RecipeStep<RollBackInput, Left | null> = {
  name: 'roll-back',
  async act(context, { live, snap, finalSizeBytes, volume }) {
    const { ceph } = context.world;
    const sizeGiB = await stillOurs(context, volume, true);
    if (typeof sizeGiB !== 'number') return sizeGiB;
    if ((await ceph.watchers(live)).length > 0) {
      throw new RewindError('disk.in-use', 'The disk is still open somewhere.');
    }
    await context.proveLease();
    await ceph.rollback(live, snap);
    context.boundary('rolled-back');
    await ceph.growImage(live, Math.max(finalSizeBytes, sizeGiB * BYTES_PER_GIB));
    return null;
  },
};
