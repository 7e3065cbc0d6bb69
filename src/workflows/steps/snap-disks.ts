import type { ImageRef } from '../../domain/disk.ts';
import type { RecipeStep } from '../world.ts';

export interface SnapDisksInput {
  snap: string;
  images: ImageRef[];
}

/**
 * One snap on every disk, all at once. There is no `find`: snaps that a killed worker left may be of another
 * moment than the ones still to be made, so all are taken anew.
 */
export const snapDisks: RecipeStep<SnapDisksInput, { at: string }> = {
  name: 'snap-disks',
  async act(context, { snap, images }) {
    const { ceph, clock } = context.world;
    await context.proveLease();
    await Promise.all(images.map((image) => ceph.removeSnap(image, snap)));
    context.boundary('removed-stale');
    const at = new Date(clock.now()).toISOString();
    await Promise.all(images.map((image) => ceph.createSnap(image, snap)));
    return { at };
  },
  async undo(context, { snap, images }) {
    for (const image of images) await context.world.ceph.removeSnap(image, snap);
  },
};
