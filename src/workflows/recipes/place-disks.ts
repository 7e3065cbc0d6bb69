import { RewindError } from '../../domain/errors.ts';
import { asideName, draftName } from '../../domain/names.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import type { Run } from '../../workflow-engine/workflow.ts';
import type { VolumeClaim } from '../acts/own-volume.ts';
import type { InPlaceDisk } from '../planning/plan-in-place.ts';
import { createVolume } from '../steps/volume/create-volume.ts';
import { liveVolume } from '../steps/volume/live-volume.ts';
import type { World } from '../world.ts';

/** A disk whose place in Ceph is known, whether it existed or was just made. */
export type ReadyDisk<D extends InPlaceDisk = InPlaceDisk> = D & {
  live: ImageRef;
  draft: ImageRef;
  aside: ImageRef;
  made: boolean;
};

/** Makes the volumes that were deleted meanwhile, and names the images of all disks. */
export async function placeDisks<D extends InPlaceDisk>(
  run: Run<World>,
  planned: readonly D[],
): Promise<ReadyDisk<D>[]> {
  const missing = planned.filter((disk) => disk.live === null);
  const made = await run.each(missing, createVolume, {
    key: idOf,
    input: ({ diskId, newVolume }) => ({ diskId, volume: newVolume }),
  });
  const lives = await run.each(made, liveVolume, { key: idOf, input: (volume) => volume });
  return planned.map((disk) => {
    const fresh = lives.find((one) => one.diskId === disk.diskId);
    const live = disk.live ?? fresh?.image;
    if (!live) throw new RewindError('internal', 'A disk was lost on the way.');
    return {
      ...disk,
      live,
      volumeId: disk.volumeId ?? fresh?.volumeId ?? null,
      volumeStatus: disk.volumeStatus ?? (fresh ? 'available' : null),
      draft: { pool: live.pool, image: draftName(run.operation.id, disk.diskId) },
      aside: { pool: live.pool, image: asideName(run.operation.id, disk.diskId) },
      made: fresh !== undefined,
    };
  });
}

/** What must still hold for a disk when it is changed. */
export const claimOf = (disk: ReadyDisk, serverId: string): VolumeClaim | null =>
  disk.volumeId === null ? null : { volumeId: disk.volumeId, serverId: disk.made ? null : serverId, image: disk.live };

export const idOf = (disk: { diskId: string }): string => disk.diskId;

/**
 * Splits disks into two turns; within a turn they are changed side by side. What a half-done restore would boot from
 * changes last.
 */
export function rootLast<D extends { kind: string }>(disks: readonly D[]): [others: D[], root: D[]] {
  return [disks.filter((disk) => disk.kind !== 'root'), disks.filter((disk) => disk.kind === 'root')];
}
