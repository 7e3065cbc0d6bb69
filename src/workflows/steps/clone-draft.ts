import type { ImageRef } from '../../domain/disk.ts';
import { RewindError } from '../../domain/errors.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import type { RecipeStep, World } from '../world.ts';
import { reachImage } from './reach-image.ts';
import type { SnapSource } from './restore-source.ts';

export interface CloneDraftInput {
  draft: ImageRef;
  source: SnapSource;
  /** The disk this draft will replace may have grown since the snapshot. */
  finalSizeBytes: number;
}

/** A draft that goes on from a snap at once, whatever the disk's size; it reads from the old image until it is flat. */
export const cloneDraft: RecipeStep<CloneDraftInput, null> = {
  name: 'clone-draft',
  async act(context, { draft, source, finalSizeBytes }) {
    await cloneTo(context, draft, source);
    if (finalSizeBytes > source.sizeBytes) await context.world.ceph.growImage(draft, finalSizeBytes);
    return null;
  },
  async undo(context, { draft }) {
    await context.world.ceph.removeImage(draft);
  },
};

/** Of a clone that a killed worker made nobody knows whether it is whole: it is made anew. */
export async function cloneTo(context: StepContext<World>, draft: ImageRef, source: SnapSource): Promise<void> {
  const { ceph } = context.world;
  await context.proveLease();
  const from = await reachImage(context.world, source.pool, source.imageId);
  if (!from) {
    throw new RewindError('snapshot.data-gone', 'A disk of the snapshot is no longer in the storage.', {
      fault: 'errored',
    });
  }
  await ceph.removeImage(draft);
  context.boundary('removed-stale');
  await ceph.cloneSnap(from, source.snap, draft);
}

/** Afterwards the disk depends on nothing. The server runs on it meanwhile. */
export const flattenImage: RecipeStep<{ image: ImageRef }, null> = {
  name: 'flatten-image',
  async act(context, { image }) {
    const { ceph } = context.world;
    // Whoever deleted the volume meanwhile saved us the work.
    if (await ceph.imageInfo(image)) await ceph.flatten(image);
    return null;
  },
};
