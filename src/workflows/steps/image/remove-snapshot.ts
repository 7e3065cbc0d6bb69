import { snapshotSnapName } from '../../../domain/names.ts';
import { snapshotOf } from '../../lookups/restore-source.ts';
import type { RecipeStep } from '../../world.ts';
import { orOwe } from '../backup/owe.ts';
import { memoryOf } from '../server/snap-with-memory.ts';
import { owingNamed, owingSnap, removeOurSnap, type SnapOfId } from './unneeded-image.ts';

export interface DeleteSnapshotInput {
  snapshot_id: string;
}

export interface SnappedImage extends SnapOfId {
  diskId: string;
}

/** The images that may carry the snapshot's snap: by Ceph's ids, whatever their present names are. */
export const planDeleteSnapshot: RecipeStep<DeleteSnapshotInput, { images: SnappedImage[] }> = {
  name: 'plan-delete-snapshot',
  async act(context, { snapshot_id: id }) {
    const snapshot = await snapshotOf(context, id);
    const snap = snapshotSnapName(id);
    return {
      images: snapshot.disks.map((disk) => ({
        diskId: disk.id,
        pool: disk.image.pool,
        imageId: disk.image_id,
        snap,
      })),
    };
  },
};

/** Removes the snap from the image, and with the last snapshot on it an image that nothing else needs. */
export const removeSnapshotSnap: RecipeStep<SnappedImage, null> = {
  name: 'remove-snapshot-snap',
  async act(context, image) {
    await context.proveLease();
    await orOwe(context, owingSnap(image), () => removeOurSnap(context.world, image));
    return null;
  },
};

/** Removes the saved memory. A snapshot without memory has no such image. */
export const removeMemory: RecipeStep<DeleteSnapshotInput, null> = {
  name: 'remove-memory',
  async act(context, { snapshot_id: id }) {
    const { ceph, settings } = context.world;
    const memory = memoryOf(settings, id);
    await context.proveLease();
    await orOwe(context, owingNamed('remove-memory', memory), () => ceph.removeImage(memory));
    return null;
  },
};
