import type { ImageRef } from '../../domain/points/disk.ts';
import type { Run } from '../../workflow-engine/workflow.ts';
import { type DraftSource, isSnap, type RunsSource } from '../lookups/restore-source.ts';
import { bringData, commitImage } from '../steps/image/bring-data.ts';
import { checkDraft, fillDraft } from '../steps/image/fill-draft.ts';
import { openDraft } from '../steps/image/open-draft.ts';
import type { World } from '../world.ts';
import { idOf } from './place-disks.ts';

/** A disk that is being restored, and the image that will take its place. */
export interface ComingDisk {
  diskId: string;
  live: ImageRef;
  draft: ImageRef;
  source: DraftSource;
  finalSizeBytes: number;
  /** Whether the backup's snap stays, so that the next backup of the same disk can be an increment. */
  keepSnap: boolean;
}

export const draftSteps = [openDraft, fillDraft, checkDraft] as const;
export const bringSteps = [bringData, commitImage] as const;

/**
 * Makes the images that will replace the disks, and returns the disks whose images read from the gateway for now. Data
 * that are in Ceph anyway are copied by Ceph, even for an instant restore.
 */
export async function makeDrafts(
  run: Run<World>,
  disks: readonly ComingDisk[],
  instant: boolean,
): Promise<ComingDisk[]> {
  const parallel = run.world.settings.disksInParallel;
  const opened = disks.filter((disk) => instant && !isSnap(disk.source));
  const filled = disks.filter((disk) => !opened.includes(disk));
  const filling = ({ live, draft, source, finalSizeBytes, keepSnap }: ComingDisk) => ({
    draft,
    live,
    source,
    finalSizeBytes,
    keepSnap,
  });
  await run.each(filled, fillDraft, { key: idOf, input: filling, parallel });
  await run.each(filled, checkDraft, { key: idOf, input: filling });
  await run.each(opened, openDraft, {
    key: idOf,
    input: ({ diskId, draft, live, source, finalSizeBytes }) => {
      return { diskId, draft, live, source: source as RunsSource, finalSizeBytes };
    },
  });
  return opened;
}

/** Brings into Ceph everything that the images still read from the gateway; the servers run meanwhile. */
export async function bringAll(run: Run<World>, opened: readonly ComingDisk[]): Promise<void> {
  const parallel = run.world.settings.disksInParallel;
  const image = ({ live, finalSizeBytes }: ComingDisk) => ({ image: live, sizeBytes: finalSizeBytes });
  await run.each(opened, bringData, { key: idOf, input: image, parallel });
  await run.each(opened, commitImage, { key: idOf, input: ({ diskId, live }) => ({ diskId, image: live }) });
}
