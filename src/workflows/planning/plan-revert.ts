import { RewindError } from '../../domain/errors.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import { refuseFirst } from '../../domain/rules/refusal.ts';
import { memoryRefusals } from '../../domain/rules/volume-rules.ts';
import type { Server } from '../../ports/openstack.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import { locateDisks } from '../lookups/locate-disks.ts';
import {
  chosenDisks,
  isSnap,
  type PointDisk,
  pointOf,
  refuseMissingData,
  type SnapSource,
} from '../lookups/restore-source.ts';
import type { RecipeStep, World } from '../world.ts';
import {
  comingDisk,
  foreignSnapsOn,
  type InPlaceDisk,
  type NewerVolume,
  newerOf,
  placeOf,
  type RestoreInPlaceInput,
  refuseSnapshotsOn,
  serverToChange,
} from './plan-in-place.ts';

export interface RevertDisk extends InPlaceDisk {
  source: SnapSource;
  /** `roll-back`: the living image itself is rolled back. `clone`: a clone of the snap takes its place. */
  method: 'roll-back' | 'clone';
}

/** Read-only. Whatever could stop the revert later stops it here, before anything is touched. */
export const planRevert: RecipeStep<RestoreInPlaceInput, { disks: RevertDisk[]; detach?: NewerVolume[] }> = {
  name: 'plan-revert',
  async act(context, input) {
    const server = await serverToChange(context, input.server_id);
    const point = await pointOf(context, input);
    if (input.memory) await refuseOtherDisks(context, server, point.disks);
    const chosen = await chosenDisks(context, point, input.disks);
    const disks = await Promise.all(
      chosen.map(async (disk): Promise<RevertDisk> => {
        const { source } = disk;
        if (!isSnap(source)) throw new RewindError('internal', 'This is no snapshot.');
        const place = await placeOf(context, server, disk);
        const method = await methodFor(context, place.live, source);
        if (method === 'clone') await refuseSnapshotsOn(context, place);
        await refuseMissingData(context, source);
        return { ...comingDisk(point, disk, input), source, ...place, method };
      }),
    );
    return { disks, detach: newerOf(server, input) };
  },
};

async function refuseOtherDisks(
  { world }: StepContext<World>,
  server: Server,
  then: readonly PointDisk[],
): Promise<void> {
  const now = new Set((await locateDisks(world, server)).map((disk) => disk.id));
  refuseFirst(memoryRefusals(now.size === then.length && then.every((disk) => now.has(disk.id))));
}

/**
 * A rollback visits every object of the disk while the server waits; a clone takes no time, but leaves the snaps on the
 * replaced image. Foreign snaps can only stay where they are.
 */
async function methodFor(
  { world: { ceph, settings } }: StepContext<World>,
  live: ImageRef | null,
  source: SnapSource,
): Promise<RevertDisk['method']> {
  const info = live && (await ceph.imageInfo(live));
  if (!live || info?.id !== source.imageId) return 'clone';
  if (info.sizeBytes <= settings.rollbackMaxBytes) return 'roll-back';
  return (await foreignSnapsOn(ceph, live)) ? 'roll-back' : 'clone';
}
