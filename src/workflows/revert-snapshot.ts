import type { Workflow } from '../workflow-engine/workflow.ts';
import { idOf, placeDisks, type ReadyDisk, rootLast } from './place-disks.ts';
import { attachVolume } from './steps/attach-volume.ts';
import { cloneDraft, flattenImage } from './steps/clone-draft.ts';
import { createVolume } from './steps/create-volume.ts';
import { detachVolume } from './steps/detach-volume.ts';
import { discardOldImage } from './steps/discard-old-image.ts';
import { dressVolume } from './steps/dress-volume.ts';
import { guardVolume, releaseVolume } from './steps/guard-volume.ts';
import { liveVolume } from './steps/live-volume.ts';
import { notePosition } from './steps/note-position.ts';
import type { RestoreInPlaceInput } from './steps/plan-in-place.ts';
import { planRevert, type RevertDisk } from './steps/plan-revert.ts';
import { restoreMemory, stageMemory } from './steps/restore-memory.ts';
import { rollBack } from './steps/roll-back.ts';
import { safetyOf, safetySnapshot } from './steps/safety-snapshot.ts';
import { awaitQuiet, lockServer, startServer, stopServer, unlockServer } from './steps/server-power.ts';
import { memoryOf } from './steps/snap-with-memory.ts';
import { swapImage } from './steps/swap-image.ts';
import type { World } from './world.ts';

type Disk = ReadyDisk<RevertDisk>;
const isCloned = (disk: Disk): boolean => disk.method === 'clone';

/**
 * The same server at one of its snapshots. Small disks are rolled back while it is stopped; for large ones a clone of
 * the snap takes the image's place, and is made flat while the server runs again. With memory it goes on from there
 * instead of being started.
 */
export const revertSnapshot: Workflow<World> = {
  name: 'revert-snapshot/1',
  steps: [
    planRevert,
    stageMemory,
    createVolume,
    liveVolume,
    cloneDraft,
    dressVolume,
    lockServer,
    stopServer,
    awaitQuiet,
    guardVolume,
    safetySnapshot,
    detachVolume,
    swapImage,
    rollBack,
    releaseVolume,
    attachVolume,
    notePosition,
    restoreMemory,
    startServer,
    unlockServer,
    flattenImage,
    discardOldImage,
  ],

  async run(run, given) {
    const input = given as RestoreInPlaceInput;
    const server = { serverId: input.server_id };
    const plan = await run.step(planRevert, input);
    const memory = { ...server, memory: memoryOf(run.world.settings, input.snapshot_id ?? '') };
    if (input.memory) await run.step(stageMemory, memory);
    const disks = await placeDisks(run, plan.disks);
    const cloned = disks.filter(isCloned);
    await run.each(cloned, cloneDraft, {
      key: idOf,
      input: ({ draft, source, finalSizeBytes }) => ({ draft, source, finalSizeBytes }),
    });
    await run.each(
      disks.filter((disk) => disk.made),
      dressVolume,
      {
        key: idOf,
        input: ({ volumeId, bootable, imageMetadata }) => ({ volumeId: volumeId ?? '', bootable, imageMetadata }),
      },
    );

    const power = await run.step(lockServer, server);
    if (power.running) await run.step(stopServer, { ...server, running: true });
    await run.step(awaitQuiet, { ...server, images: disks.map((disk) => disk.live) });
    const guarded = disks.filter((disk) => disk.volumeId !== null);
    const guard = (disk: Disk) => ({
      volumeId: disk.volumeId ?? '',
      usual: disk.volumeStatus ?? 'available',
      snapshotsStay: disk.method === 'roll-back',
    });
    await run.each(guarded, guardVolume, { key: idOf, input: guard });
    if (input.safety_id) await run.step(safetySnapshot, safetyOf(input, 'snapshot'));

    // In the safety snapshot they still are.
    await run.each(plan.detach ?? [], detachVolume, {
      key: ({ volumeId }) => volumeId,
      input: (volume) => ({ ...server, ...volume }),
      parallel: 1,
    });

    await run.pointOfNoReturn();
    // The disk it boots from goes last, whichever way it goes.
    for (const turn of rootLast(disks)) {
      const [swapped, rolled] = [turn.filter(isCloned), turn.filter((disk) => !isCloned(disk))];
      await run.each(swapped, swapImage, { key: idOf, input: ({ live, draft, aside }) => ({ live, draft, aside }) });
      await run.each(rolled, rollBack, {
        key: idOf,
        input: ({ live, source, finalSizeBytes }) => ({ live, snap: source.snap, finalSizeBytes }),
        parallel: run.world.settings.disksInParallel,
      });
    }

    await run.each(guarded, releaseVolume, { key: idOf, input: guard });
    const toAttach = disks.filter((disk) => disk.attach);
    const attach = (disk: Disk) => ({ ...server, volumeId: disk.volumeId ?? '', locked: true });
    await run.attemptEach(toAttach, attachVolume, { key: idOf, input: attach, parallel: 1 });
    // The tree follows the disk it boots from; other disks may be reverted one by one.
    if (disks.some((disk) => disk.kind === 'root'))
      await run.step(notePosition, { ...server, snapshotId: input.snapshot_id ?? null });
    if (input.memory) await run.attempt(restoreMemory, memory);
    else if (input.start ?? power.running) await run.attempt(startServer, server);
    await run.step(unlockServer, server);
    await run.each(cloned, flattenImage, { key: idOf, input: ({ live }) => ({ image: live }), parallel: 1 });
    await run.each(cloned, discardOldImage, { key: idOf, input: ({ aside }) => ({ aside }) });
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
