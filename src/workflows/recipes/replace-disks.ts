import type { Difference } from '../../domain/points/new-server-plan.ts';
import type { Run } from '../../workflow-engine/workflow.ts';
import type { NewerVolume, RestoreInPlaceInput } from '../planning/plan-in-place.ts';
import { tellLeft } from '../steps/backup/tell-left.ts';
import { flattenImage } from '../steps/image/clone-draft.ts';
import { discardOldImage } from '../steps/image/discard-old-image.ts';
import { notePosition } from '../steps/image/note-position.ts';
import { rollBack } from '../steps/image/roll-back.ts';
import { type Left, swapImage } from '../steps/image/swap-image.ts';
import { clockOf, restoreMemory } from '../steps/server/restore-memory.ts';
import { safetyOf, safetySnapshot } from '../steps/server/safety-snapshot.ts';
import { awaitQuiet, lockServer, startServer, stopServer, unlockServer } from '../steps/server/server-power.ts';
import { memoryOf } from '../steps/server/snap-with-memory.ts';
import { clockDifference } from '../steps/server/tell-clock.ts';
import { attachVolume } from '../steps/volume/attach-volume.ts';
import { detachVolume } from '../steps/volume/detach-volume.ts';
import { dressVolume } from '../steps/volume/dress-volume.ts';
import { guardVolume, releaseVolume } from '../steps/volume/guard-volume.ts';
import type { World } from '../world.ts';
import { bringAll, bringSteps, type ComingDisk } from './make-drafts.ts';
import { claimOf, idOf, type ReadyDisk, rootLast } from './place-disks.ts';

/** A disk whose new content waits beside it or, for `roll-back`, in one of its own snaps. */
export type ReplacedDisk = ReadyDisk & {
  /** Absent: a complete draft takes its place. `clone`: a draft that reads from the old image until it is flat. */
  method?: 'roll-back' | 'clone';
};

export interface Replacement {
  /** What the disks go back to. */
  to: 'backup' | 'snapshot';
  disks: readonly ReplacedDisk[];
  /** Volumes that are to leave the server. */
  detach: readonly NewerVolume[];
  /** Disks whose drafts get their data when the server runs again. */
  opened: readonly ComingDisk[];
}

export const replaceSteps = [
  dressVolume,
  lockServer,
  stopServer,
  awaitQuiet,
  guardVolume,
  safetySnapshot,
  detachVolume,
  swapImage,
  rollBack,
  tellLeft,
  releaseVolume,
  attachVolume,
  notePosition,
  restoreMemory,
  startServer,
  ...bringSteps,
  unlockServer,
  flattenImage,
  discardOldImage,
] as const;

/**
 * The one procedure that replaces the disks of an existing server, whatever they are replaced with. The server is
 * stopped only for this; the disk it boots from goes last, and the old data go last of all, not before the server runs
 * again. Resolves to the volumes that it has now, and to the differences.
 */
export async function replaceDisks(run: Run<World>, input: RestoreInPlaceInput, what: Replacement) {
  const { disks, opened } = what;
  const server = { serverId: input.server_id };
  const stays = (disk: ReplacedDisk) => disk.method === 'roll-back';
  // Before the guard, because Cinder changes nothing about a volume in maintenance.
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
  const isOpened = (disk: ReplacedDisk) => opened.some((one) => one.diskId === disk.diskId);
  const guard = (disk: ReplacedDisk) => ({
    volumeId: disk.volumeId ?? '',
    usual: disk.volumeStatus ?? 'available',
    serverId: disk.made ? null : server.serverId,
    image: disk.live,
    ...(isOpened(disk) && { mostBytes: disk.finalSizeBytes }),
    ...(stays(disk) && { snapshotsStay: true }),
  });
  await run.each(guarded, guardVolume, { key: idOf, input: guard });
  if (input.safety_id) await run.step(safetySnapshot, safetyOf(input, what.to));
  // The safety snapshot still has them.
  await run.each(what.detach, detachVolume, {
    key: ({ volumeId }) => volumeId,
    input: (volume) => ({ ...server, ...volume }),
    parallel: 1,
  });

  await run.pointOfNoReturn();
  const left = await changeDisks(run, disks, server.serverId);
  const changed = (disk: ReplacedDisk) => !left.some((one) => one.diskId === disk.diskId);

  const guardedOn = guarded.filter((disk) => !disk.attach && isOpened(disk));
  const freed = guarded.filter((disk) => !guardedOn.includes(disk));
  // A volume must be free to be attached.
  const release = (disk: ReplacedDisk) => ({
    ...guard(disk),
    ...(!(disk.attach && changed(disk)) && { mayOwe: true }),
  });
  await run.each(freed, releaseVolume, { key: idOf, input: release });
  const attach = (disk: ReplacedDisk) => ({ ...server, volumeId: disk.volumeId ?? '', locked: true });
  const toAttach = disks.filter((disk) => disk.attach && changed(disk));
  await run.attemptEach(toAttach, attachVolume, { key: idOf, input: attach, parallel: 1 });
  // The tree follows the disk that the server boots from; a backup's content comes from no snapshot of the tree.
  const snapshotId = what.to === 'snapshot' ? (input.snapshot_id ?? null) : null;
  if (disks.some((disk) => disk.kind === 'root')) await run.step(notePosition, { ...server, snapshotId });
  const { started, differences } = await startAgain(run, input, power.running);
  await bringAll(run, opened);
  await run.each(guardedOn, releaseVolume, { key: idOf, input: release });
  await run.step(unlockServer, { ...server, ...(power.reason !== undefined && { reason: power.reason }) });
  const cloned = disks.filter((disk) => disk.method === 'clone' && changed(disk));
  await run.each(cloned, flattenImage, { key: idOf, input: ({ live }) => ({ image: live }), parallel: 1 });
  await run.attemptEach(left, tellLeft, { key: idOf, input: (one) => one });
  // A server that does not start may need its old disks again: then they stay, under their aside names.
  const replaced = disks.filter((disk) => !stays(disk));
  if (started) await run.each(replaced, discardOldImage, { key: idOf, input: ({ aside }) => ({ aside }) });
  const volumes = disks.map((disk) => ({ disk_id: disk.diskId, volume_id: disk.volumeId }));
  return { volumes, ...(differences.length > 0 && { differences }) };
}

type LeftDisk = Left & { diskId: string };

/** Changes the disks. Those that are no longer what was planned stay as they are, and are returned. */
async function changeDisks(run: Run<World>, disks: readonly ReplacedDisk[], serverId: string): Promise<LeftDisk[]> {
  const left: LeftDisk[] = [];
  const note = (turn: readonly ReplacedDisk[], ends: (Left | null)[]) =>
    ends.forEach((end, index) => {
      const diskId = turn[index]?.diskId;
      if (end && diskId !== undefined) left.push({ ...end, diskId });
    });
  for (const turn of rootLast(disks)) {
    const rolled = turn.filter((disk) => disk.method === 'roll-back');
    const swapped = turn.filter((disk) => disk.method !== 'roll-back');
    const swap = (disk: ReplacedDisk) => ({
      live: disk.live,
      draft: disk.draft,
      aside: disk.aside,
      volume: claimOf(disk, serverId),
      onward: true,
    });
    note(swapped, await run.each(swapped, swapImage, { key: idOf, input: swap }));
    const back = (disk: ReplacedDisk) => ({
      live: disk.live,
      snap: disk.source.snap,
      finalSizeBytes: disk.finalSizeBytes,
      volume: claimOf(disk, serverId),
    });
    const parallel = run.world.settings.disksInParallel;
    note(rolled, await run.each(rolled, rollBack, { key: idOf, input: back, parallel }));
  }
  return left;
}

interface Start {
  /** False: the server should run, and does not. */
  started: boolean;
  differences: Difference[];
}

async function startAgain(run: Run<World>, input: RestoreInPlaceInput, ranBefore: boolean): Promise<Start> {
  const server = { serverId: input.server_id };
  if (input.memory) {
    const memory = memoryOf(run.world.settings, input.snapshot_id ?? '');
    const restored = await run.attempt(restoreMemory, { ...server, memory });
    const off = restored ? clockDifference(clockOf(restored)) : null;
    return { started: restored !== undefined, differences: off ? [off] : [] };
  }
  if (!(input.start ?? ranBefore)) return { started: true, differences: [] };
  return { started: (await run.attempt(startServer, server)) !== undefined, differences: [] };
}
