import type { ImageRef } from '../domain/disk.ts';
import { RewindError } from '../domain/errors.ts';
import { asideName, draftName } from '../domain/names.ts';
import type { Run, Workflow } from '../workflow-engine/workflow.ts';
import { attachVolume } from './steps/attach-volume.ts';
import { createVolume } from './steps/create-volume.ts';
import { discardOldImage } from './steps/discard-old-image.ts';
import { dressVolume } from './steps/dress-volume.ts';
import { checkDraft, fillDraft } from './steps/fill-draft.ts';
import { guardVolume, releaseVolume } from './steps/guard-volume.ts';
import { liveVolume } from './steps/live-volume.ts';
import { type InPlaceDisk, type InPlacePlan, planInPlace, type RestoreInPlaceInput } from './steps/plan-in-place.ts';
import { awaitQuiet, lockServer, notePower, startServer, stopServer, unlockServer } from './steps/server-power.ts';
import { swapImage } from './steps/swap-image.ts';
import type { World } from './world.ts';

/** A disk whose place in Ceph is known, whether it was there or was just made. */
interface ReadyDisk extends InPlaceDisk {
  live: ImageRef;
  draft: ImageRef;
  aside: ImageRef;
  made: boolean;
}

/**
 * The same server at an earlier moment. All data is brought beside the living disks while the server runs; it is
 * stopped only for the swap. The disk it boots from is swapped last, and the old data goes last of all.
 */
export const restoreInPlace: Workflow<World> = {
  name: 'restore-in-place/1',
  steps: [
    planInPlace,
    createVolume,
    liveVolume,
    fillDraft,
    checkDraft,
    dressVolume,
    lockServer,
    notePower,
    stopServer,
    awaitQuiet,
    guardVolume,
    swapImage,
    releaseVolume,
    attachVolume,
    startServer,
    unlockServer,
    discardOldImage,
  ],

  async run(run, given) {
    const input = given as RestoreInPlaceInput;
    const server = { serverId: input.server_id };
    const parallel = run.world.settings.disksInParallel;
    const plan = await run.step(planInPlace, input);
    const disks = await placeDisks(run, plan);
    const filling = (disk: ReadyDisk) => ({
      draft: disk.draft,
      source: disk.source,
      finalSizeBytes: disk.finalSizeBytes,
      keepSnap: !disk.made,
    });
    await run.each(disks, fillDraft, { key: idOf, input: filling, parallel });
    await run.each(disks, checkDraft, { key: idOf, input: filling });
    // Before the guard: Cinder changes nothing about a volume in maintenance.
    const made = disks.filter((disk) => disk.made);
    const dress = (disk: ReadyDisk) => ({
      volumeId: disk.volumeId ?? '',
      bootable: disk.bootable,
      imageMetadata: disk.imageMetadata,
    });
    await run.each(made, dressVolume, { key: idOf, input: dress });

    await run.step(lockServer, server);
    const power = await run.step(notePower, server);
    await run.step(stopServer, { ...server, running: power.running });
    await run.step(awaitQuiet, { ...server, images: disks.map((disk) => disk.live) });
    const guarded = disks.filter((disk) => disk.volumeId !== null);
    const guard = (disk: ReadyDisk) => ({ volumeId: disk.volumeId ?? '', usual: disk.volumeStatus ?? 'available' });
    await run.each(guarded, guardVolume, { key: idOf, input: guard });

    await run.pointOfNoReturn();
    const swap = (disk: ReadyDisk) => ({ live: disk.live, draft: disk.draft, aside: disk.aside });
    await run.each(disks.toSorted(rootLast), swapImage, { key: idOf, input: swap, parallel: 1 });

    await run.each(guarded, releaseVolume, { key: idOf, input: guard });
    const toAttach = disks.filter((disk) => disk.attach);
    const attach = (disk: ReadyDisk) => ({ ...server, volumeId: disk.volumeId ?? '', locked: true });
    await run.attemptEach(toAttach, attachVolume, { key: idOf, input: attach, parallel: 1 });
    const started = (input.start ?? power.running) ? await run.attempt(startServer, server) : null;
    await run.step(unlockServer, server);
    // A server that does not start may need its old disks once more: then they stay, under their aside names.
    if (started !== undefined) await run.each(disks, discardOldImage, { key: idOf, input: ({ aside }) => ({ aside }) });
    const volumes = disks.map((disk) => ({ disk_id: disk.diskId, volume_id: disk.volumeId }));
    return { restore: { id: input.restore_id, change: { status: 'available', volumes } } };
  },

  ended: (operation, failure) => ({
    restore: {
      id: operation.resource_id,
      change: { status: 'error', fail_code: failure.code, fail_reason: failure.reason },
    },
  }),
};

/** Makes the volumes that were deleted meanwhile, and names the images of all. */
async function placeDisks(run: Run<World>, plan: InPlacePlan): Promise<ReadyDisk[]> {
  const missing = plan.disks.filter((disk) => disk.live === null);
  const made = await run.each(missing, createVolume, {
    key: idOf,
    input: ({ diskId, newVolume }) => ({ diskId, volume: newVolume }),
  });
  const lives = await run.each(made, liveVolume, { key: idOf, input: (volume) => volume });
  return plan.disks.map((disk) => {
    const fresh = lives.find((one) => one.diskId === disk.diskId);
    const live = disk.live ?? fresh?.image;
    if (!live) throw new RewindError('internal', 'A disk was lost on the way.', { fault: 'bug' });
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

const idOf = (disk: { diskId: string }): string => disk.diskId;
const rootLast = (a: ReadyDisk, b: ReadyDisk): number => Number(a.kind === 'root') - Number(b.kind === 'root');
