import type { Workflow } from '../workflow-engine/workflow.ts';
import { bringAll, bringSteps, draftSteps, makeDrafts } from './make-drafts.ts';
import { idOf, placeDisks, type ReadyDisk, rootLast } from './place-disks.ts';
import { attachVolume } from './steps/attach-volume.ts';
import { createVolume } from './steps/create-volume.ts';
import { detachVolume } from './steps/detach-volume.ts';
import { discardOldImage } from './steps/discard-old-image.ts';
import { dressVolume } from './steps/dress-volume.ts';
import { guardVolume, releaseVolume } from './steps/guard-volume.ts';
import { liveVolume } from './steps/live-volume.ts';
import { notePosition } from './steps/note-position.ts';
import { planInPlace, type RestoreInPlaceInput } from './steps/plan-in-place.ts';
import { safetyOf, safetySnapshot } from './steps/safety-snapshot.ts';
import { awaitQuiet, lockServer, startServer, stopServer, unlockServer } from './steps/server-power.ts';
import { swapImage } from './steps/swap-image.ts';
import type { World } from './world.ts';

/**
 * The same server at an earlier moment. All data is brought beside the living disks while the server runs; it is
 * stopped only for the swap. The disk it boots from is swapped last, and the old data goes last of all. Instant: the data
 * come when the server runs again; until all are there it stays locked, and its volumes guarded.
 */
export const restoreInPlace: Workflow<World> = {
  name: 'restore-in-place/1',
  steps: [
    planInPlace,
    createVolume,
    liveVolume,
    ...draftSteps,
    dressVolume,
    lockServer,
    stopServer,
    awaitQuiet,
    guardVolume,
    safetySnapshot,
    detachVolume,
    swapImage,
    releaseVolume,
    attachVolume,
    notePosition,
    startServer,
    ...bringSteps,
    unlockServer,
    discardOldImage,
  ],

  async run(run, given) {
    const input = given as RestoreInPlaceInput;
    const server = { serverId: input.server_id };
    const plan = await run.step(planInPlace, input);
    const disks = await placeDisks(run, plan.disks);
    const coming = disks.map((disk) => ({ ...disk, keepSnap: !disk.made }));
    const opened = await makeDrafts(run, coming, input.instant ?? false);
    // Before the guard: Cinder changes nothing about a volume in maintenance.
    const made = disks.filter((disk) => disk.made);
    const dress = (disk: ReadyDisk) => ({
      volumeId: disk.volumeId ?? '',
      bootable: disk.bootable,
      imageMetadata: disk.imageMetadata,
    });
    await run.each(made, dressVolume, { key: idOf, input: dress });

    const power = await run.step(lockServer, server);
    if (power.running) await run.step(stopServer, { ...server, running: true });
    await run.step(awaitQuiet, { ...server, images: disks.map((disk) => disk.live) });
    const guarded = disks.filter((disk) => disk.volumeId !== null);
    const guard = (disk: ReadyDisk) => ({ volumeId: disk.volumeId ?? '', usual: disk.volumeStatus ?? 'available' });
    await run.each(guarded, guardVolume, { key: idOf, input: guard });

    if (input.safety_id) await run.step(safetySnapshot, safetyOf(input, 'backup'));

    // In the safety snapshot they still are.
    await run.each(plan.detach ?? [], detachVolume, {
      key: ({ volumeId }) => volumeId,
      input: (volume) => ({ ...server, ...volume }),
      parallel: 1,
    });

    await run.pointOfNoReturn();
    const swap = (disk: ReadyDisk) => ({ live: disk.live, draft: disk.draft, aside: disk.aside });
    for (const turn of rootLast(disks)) await run.each(turn, swapImage, { key: idOf, input: swap });

    const toAttach = disks.filter((disk) => disk.attach);
    const guardedOn = guarded.filter((disk) => !disk.attach && opened.some((one) => one.diskId === disk.diskId));
    const freed = guarded.filter((disk) => !guardedOn.includes(disk));
    await run.each(freed, releaseVolume, { key: idOf, input: guard });
    const attach = (disk: ReadyDisk) => ({ ...server, volumeId: disk.volumeId ?? '', locked: true });
    await run.attemptEach(toAttach, attachVolume, { key: idOf, input: attach, parallel: 1 });
    // What the server holds now comes from no snapshot of its tree.
    if (disks.some((disk) => disk.kind === 'root')) await run.step(notePosition, { ...server, snapshotId: null });
    const started = (input.start ?? power.running) ? await run.attempt(startServer, server) : null;
    await bringAll(run, opened);
    await run.each(guardedOn, releaseVolume, { key: idOf, input: guard });
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
