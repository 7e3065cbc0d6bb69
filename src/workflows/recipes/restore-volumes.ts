import { RewindError } from '../../domain/errors.ts';
import { asideName, draftName } from '../../domain/names.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import type { Workflow } from '../../workflow-engine/workflow.ts';
import { unmade } from '../ended.ts';
import { type PlannedVolume, planRestoreVolumes, type RestoreVolumesInput } from '../planning/plan-restore-volumes.ts';
import { BYTES_PER_GIB } from '../recipe-limits.ts';
import { discardOldImage } from '../steps/image/discard-old-image.ts';
import { swapImage } from '../steps/image/swap-image.ts';
import { attachVolume } from '../steps/volume/attach-volume.ts';
import { createVolume } from '../steps/volume/create-volume.ts';
import { dressVolume } from '../steps/volume/dress-volume.ts';
import { guardVolume, releaseVolume } from '../steps/volume/guard-volume.ts';
import { type LiveVolume, liveVolume } from '../steps/volume/live-volume.ts';
import type { World } from '../world.ts';
import { bringAll, bringSteps, draftSteps, makeDrafts } from './make-drafts.ts';

/** One disk of the backup on its way to being a volume. */
interface ComingVolume extends PlannedVolume {
  live: LiveVolume;
  draft: ImageRef;
  aside: ImageRef;
}

/**
 * Brings disks of a point back as new volumes of the tenant's, attached to a server if requested. All of it can be
 * undone; instant ones are in use before their data are there, and from then on there is no way back.
 */
export const restoreVolumes: Workflow<World> = {
  name: 'restore-volumes/1',
  steps: [
    planRestoreVolumes,
    createVolume,
    liveVolume,
    ...draftSteps,
    dressVolume,
    guardVolume,
    swapImage,
    discardOldImage,
    releaseVolume,
    attachVolume,
    ...bringSteps,
  ],

  async run(run, given) {
    const input = given as RestoreVolumesInput;
    const parallel = run.world.settings.disksInParallel;
    const plan = await run.step(planRestoreVolumes, input);
    const made = await run.each(plan.disks, createVolume, {
      key: idOf,
      input: ({ diskId, volume }) => ({ diskId, volume }),
      parallel,
    });
    const lives = await run.each(made, liveVolume, { key: idOf, input: (volume) => volume });
    const disks = plan.disks.map((disk, index): ComingVolume => {
      const live = lives[index];
      if (!live) throw new RewindError('internal', 'A volume was lost on the way.');
      const { pool } = live.image;
      return {
        ...disk,
        live,
        draft: { pool, image: draftName(run.operation.id, disk.diskId) },
        aside: { pool, image: asideName(run.operation.id, disk.diskId) },
      };
    });
    const coming = disks.map(({ diskId, live, draft, source, volume }) => {
      const finalSizeBytes = volume.sizeGiB * BYTES_PER_GIB;
      return { diskId, live: live.image, draft, source, finalSizeBytes, keepSnap: false };
    });
    const claim = ({ live: { volumeId, image } }: ComingVolume) => ({ volumeId, serverId: null, image });
    const guard = (disk: ComingVolume) => ({ ...claim(disk), usual: 'available' });
    const opened = await makeDrafts(run, coming, input.instant ?? false);
    // Before the guard, because Cinder changes nothing about a volume in maintenance.
    await run.each(disks, dressVolume, {
      key: idOf,
      input: (disk) => ({ volumeId: disk.live.volumeId, bootable: disk.bootable, imageMetadata: disk.imageMetadata }),
    });
    await run.each(disks, guardVolume, { key: idOf, input: guard });
    await run.each(disks, swapImage, {
      key: idOf,
      input: (disk) => ({ live: disk.live.image, draft: disk.draft, aside: disk.aside, volume: claim(disk) }),
    });
    await run.each(disks, releaseVolume, { key: idOf, input: guard });
    const { attach_to: serverId } = input;
    if (serverId !== null) {
      const attach = (disk: ComingVolume) => ({ serverId, volumeId: disk.live.volumeId, locked: false });
      await run.each(disks, attachVolume, { key: idOf, input: attach, parallel: 1 });
    }
    await run.pointOfNoReturn();
    await bringAll(run, opened);
    await run.each(disks, discardOldImage, { key: idOf, input: ({ aside }) => ({ aside }) });
    const volumes = disks.map((disk) => ({ disk_id: disk.diskId, volume_id: disk.live.volumeId }));
    return { restore: { id: input.restore_id, change: { status: 'available', volumes } } };
  },

  ended: (operation, failure) => ({
    restore: {
      id: operation.resource_id,
      change: unmade(failure),
    },
  }),
};

const idOf = (disk: { diskId: string }): string => disk.diskId;
