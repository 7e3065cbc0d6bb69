import { hasCode, RewindError } from '../../../domain/errors.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import { reachImage } from '../../lookups/reach-image.ts';
import type { SnapSource } from '../../lookups/restore-source.ts';
import type { RecipeStep, World } from '../../world.ts';
import { orOwe } from '../backup/owe.ts';

const MOST_REACHES = 5;

export interface CloneDraftInput {
  draft: ImageRef;
  /** See `FillDraftInput`. */
  live?: ImageRef;
  source: SnapSource;
  /** The disk that this draft will replace may have grown since the snapshot. */
  finalSizeBytes: number;
}

/**
 * A draft that continues from a snap at once, whatever the disk's size; it reads from the old image until it is flat.
 */
export const cloneDraft: RecipeStep<CloneDraftInput, null> = {
  name: 'clone-draft',
  async act(context, { draft, source, finalSizeBytes, live }) {
    await cloneTo(context, draft, source, live);
    if (finalSizeBytes > source.sizeBytes) await context.world.ceph.growImage(draft, finalSizeBytes);
    return null;
  },
  async undo(context, { draft }) {
    await context.world.ceph.removeImage(draft);
  },
};

/** It is unknown whether a clone that a killed worker made is complete, so it is made again. */
export async function cloneTo(
  context: StepContext<World>,
  draft: ImageRef,
  source: SnapSource,
  live: ImageRef | undefined,
): Promise<void> {
  const { ceph } = context.world;
  await context.proveLease();
  await ceph.removeImage(draft);
  context.boundary('removed-stale');
  for (let tries = 1; ; tries += 1) {
    const from = await reachImage(context.world, source.pool, source.imageId);
    if (!from) {
      throw new RewindError('snapshot.data-gone');
    }
    try {
      return await ceph.cloneSnap(from, source.snap, draft, live);
    } catch (error) {
      // Another restore may have put it back into the trash a moment ago.
      if (!hasCode(error, 'ceph.not-found') || tries >= MOST_REACHES) throw error;
    }
  }
}

/** After this the disk depends on nothing. The server runs on it meanwhile. */
export const flattenImage: RecipeStep<{ image: ImageRef }, null> = {
  name: 'flatten-image',
  async act(context, { image }) {
    const { ceph } = context.world;
    const info = await ceph.imageInfo(image);
    // The volume was deleted meanwhile: there is nothing to do.
    if (!info) return null;
    const owing = {
      kind: 'flatten-image' as const,
      subject: `${image.pool}/${info.id}`,
      details: { pool: image.pool, image_id: info.id },
    };
    await orOwe(context, owing, () => ceph.flatten(image));
    return null;
  },
};
