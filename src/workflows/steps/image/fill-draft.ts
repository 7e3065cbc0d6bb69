import { restoreStream } from '../../../archive/runs/restore-stream.ts';
import { RewindError } from '../../../domain/errors.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import { type DraftSource, isSnap, type RunsSource, type SnapSource } from '../../lookups/restore-source.ts';
import { throttled } from '../../lookups/throttle.ts';
import type { RecipeStep, World } from '../../world.ts';
import { cloneTo } from './clone-draft.ts';
import { backToTrash } from './unneeded-image.ts';

export interface FillDraftInput {
  draft: ImageRef;
  /** The image that it will replace, and whose layout it gets. Absent in older journals. */
  live?: ImageRef;
  source: DraftSource;
  /** The disk that this draft will replace may have grown since the backup. */
  finalSizeBytes: number;
  /** Whether the backup's snap stays, so that the next backup of the same disk can be an increment. */
  keepSnap: boolean;
}

/**
 * Makes the image that will replace the disk from one merged stream, whatever the length of the chain. The end snap
 * appears only when `rbd import-diff` has written everything: it marks the draft as complete.
 */
export const fillDraft: RecipeStep<FillDraftInput, null> = {
  name: 'fill-draft',
  async find(context, { draft, source }) {
    const { ceph } = context.world;
    if (!(await ceph.imageInfo(draft))) return undefined;
    const snaps = await ceph.listSnaps(draft);
    if (!snaps.some((snap) => snap.name === source.snap)) return undefined;
    if (isSnap(source)) await backToTrash(context, source.pool, source.imageId);
    return null;
  },
  async act(context, { draft, source, live }) {
    if (isSnap(source)) await fillFromSnap(context, draft, source, live);
    else await fillFromRuns(context, draft, source, live);
    return null;
  },
  async undo(context, { draft, source }) {
    await discardImage(context.world, draft, [source.snap]);
    if (isSnap(source)) await backToTrash(context, source.pool, source.imageId);
  },
};

async function fillFromRuns(
  context: StepContext<World>,
  draft: ImageRef,
  source: RunsSource,
  live: ImageRef | undefined,
): Promise<void> {
  const { world, signal } = context;
  await context.proveLease();
  await world.ceph.createImage(draft, source.sizeBytes, live);
  context.boundary('created');
  // A draft that a killed worker left half full is filled again from the start: the records are absolute.
  const stream = restoreStream({
    runs: source.runs,
    sizeBytes: source.sizeBytes,
    toSnap: source.snap,
    target: world.targets.get(source.target),
    keys: world.keys,
    signal,
    onProgress: (bytes) => context.progress.add(bytes),
  });
  const paced = throttled(stream, world.settings.maxBytesPerSecond, world.clock, signal);
  await world.ceph.importDiff(draft, paced, signal);
}

/** Ceph copies by itself; as after an import, the snap made at the end says that everything is there. */
async function fillFromSnap(
  context: StepContext<World>,
  draft: ImageRef,
  source: SnapSource,
  live: ImageRef | undefined,
): Promise<void> {
  const { ceph } = context.world;
  await cloneTo(context, draft, source, live);
  context.boundary('cloned');
  await ceph.flatten(draft);
  await ceph.createSnap(draft, source.snap);
  await backToTrash(context, source.pool, source.imageId);
  context.progress.add(source.sizeBytes);
}

/** Checks the result of the import before anything is swapped: size, flags, and the mark that it is complete. */
export const checkDraft: RecipeStep<FillDraftInput, null> = {
  name: 'check-draft',
  async act(context, { draft, source, finalSizeBytes, keepSnap }) {
    const { ceph } = context.world;
    const info = await ceph.imageInfo(draft);
    const wrong = (what: string) =>
      new RewindError(
        'restore.draft-wrong',
        `The restored image is not as it should be: ${what}. Nothing was replaced.`,
      );
    if (!info) throw wrong('it is gone');
    if (info.sizeBytes !== source.sizeBytes && info.sizeBytes !== finalSizeBytes) throw wrong('its size differs');
    if (info.flags.length > 0) throw wrong('Ceph flags its object map');
    if (info.parent !== null) throw wrong('it depends on another image');
    if (finalSizeBytes > info.sizeBytes) await ceph.growImage(draft, finalSizeBytes);
    if (!keepSnap || isSnap(source)) await ceph.removeSnap(draft, source.snap);
    return null;
  },
};

/** Removes an image of ours: its named snaps one by one, then the image. An absent image is fine. */
async function discardImage(world: Pick<World, 'ceph'>, image: ImageRef, snaps: readonly string[]): Promise<void> {
  for (const snap of snaps) await world.ceph.removeSnap(image, snap);
  await world.ceph.removeImage(image);
}
