import { RewindError } from '../../domain/errors.ts';
import { asideName, draftName } from '../../domain/names.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import type { Difference, NewServerPlan } from '../../domain/points/new-server-plan.ts';
import type { Run, Workflow } from '../../workflow-engine/workflow.ts';
import { unmade } from '../ended.ts';
import type { PointRef } from '../lookups/restore-source.ts';
import { type NewServerDisk, planNewServer, type RestoreNewServerInput } from '../planning/plan-new-server.ts';
import { BYTES_PER_GIB } from '../recipe-limits.ts';
import { discardOldImage } from '../steps/image/discard-old-image.ts';
import { swapImage } from '../steps/image/swap-image.ts';
import { assignFloatingIp } from '../steps/network/assign-floating-ip.ts';
import { attachPort } from '../steps/network/attach-port.ts';
import { closePort, openPort } from '../steps/network/close-port.ts';
import { createPort, finishPort } from '../steps/network/create-port.ts';
import { createSecurityGroup, finishGroup, type MadeGroup } from '../steps/network/create-security-group.ts';
import { compareServer } from '../steps/server/compare-server.ts';
import { createServer, finishServer } from '../steps/server/create-server.ts';
import { awaitQuiet, lockServer, startServer, stopServer, unlockServer } from '../steps/server/server-power.ts';
import { attachVolume } from '../steps/volume/attach-volume.ts';
import { createVolume } from '../steps/volume/create-volume.ts';
import { dressVolume } from '../steps/volume/dress-volume.ts';
import { guardVolume, releaseVolume } from '../steps/volume/guard-volume.ts';
import { liveLocal } from '../steps/volume/live-local.ts';
import { liveVolume } from '../steps/volume/live-volume.ts';
import type { World } from '../world.ts';
import { bringAll, bringSteps, type ComingDisk, draftSteps, makeDrafts } from './make-drafts.ts';

/** A disk and the place in Ceph where the new server looks for it. */
interface ReadyDisk extends NewServerDisk {
  live: ImageRef;
  draft: ImageRef;
  aside: ImageRef;
  volumeId: string | null;
  finalSizeBytes: number;
}

interface ReadyPort {
  index: number;
  portId: string;
  recordedId: string | null;
  made: boolean;
}

/**
 * Makes a lost server again. Whatever the cloud may refuse comes first, before anything is copied: ports, volumes, the
 * server itself, with blank disks and off the network. Then it is stopped, its disks are filled beside it and swapped,
 * volumes and ports are attached; its first start on the restored disks is the point of no return.
 */
export const restoreNewServer: Workflow<World> = {
  name: 'restore-new-server/1',
  steps: [
    planNewServer,
    createSecurityGroup,
    createPort,
    createVolume,
    liveVolume,
    dressVolume,
    closePort,
    createServer,
    lockServer,
    stopServer,
    openPort,
    liveLocal,
    ...draftSteps,
    awaitQuiet,
    guardVolume,
    swapImage,
    releaseVolume,
    attachVolume,
    attachPort,
    compareServer,
    finishGroup,
    finishPort,
    finishServer,
    assignFloatingIp,
    startServer,
    ...bringSteps,
    unlockServer,
    discardOldImage,
  ],

  async run(run, given) {
    const input = given as RestoreNewServerInput;
    const { plan, backup_id, snapshot_id = null } = input;
    const point: PointRef = { backup_id, snapshot_id };
    const { disks: planned } = await run.step(planNewServer, input);

    const groups = await makeGroups(run, point, plan);
    const ports = await makePorts(run, point, plan, groups);
    const volumes = await makeVolumes(run, planned);
    const bootsFrom = volumes.find((volume) => volume.kind === 'root');
    // The content of a config drive is fixed when the server is made: so the server must know its ports from the
    // beginning.
    const early = plan.config_drive ? ports : [];
    const closed = await closePorts(run, early);
    const { serverId } = await run.step(createServer, {
      point,
      plan: machineOf(plan),
      rootVolumeId: bootsFrom?.volumeId ?? null,
      deleteRootOnTermination: bootsFrom?.deleteOnTermination ?? false,
      ports: early.map(({ portId, recordedId }) => ({ portId, recordedId })),
    });
    const server = { serverId };
    const { reason } = await run.step(lockServer, server);
    await run.step(stopServer, { ...server, running: false });
    await run.each(closed, openPort, { key: indexOf, input: ({ portId }) => ({ portId }) });

    const disks = await placeDisks(run, planned, volumes, serverId);
    const opened = await fillAndSwap(run, disks, serverId, input.instant ?? false);
    await attachVolumes(run, disks, serverId);
    await run.each(
      ports.filter((port) => !early.includes(port)),
      attachPort,
      { key: indexOf, input: ({ portId, recordedId }) => ({ point, ...server, portId, recordedId }), parallel: 1 },
    );
    const seen = await run.step(compareServer, {
      point,
      ...server,
      volumes: disks.flatMap(({ diskId, volumeId }) => (volumeId === null ? [] : [{ diskId, volumeId }])),
    });

    await run.pointOfNoReturn();
    await takeMarksOff(run, point, { serverId, groups, ports });
    await run.attemptEach(plan.floating_ips, assignFloatingIp, {
      key: (floating) => floating.id,
      input: (floating) => ({ floating, portId: ports[floating.port]?.portId ?? '' }),
    });
    if (plan.start) await run.attempt(startServer, server);
    await bringAll(run, opened);
    await run.step(unlockServer, { ...server, ...(reason !== undefined && { reason }) });
    await run.each(disks, discardOldImage, { key: idOf, input: ({ aside }) => ({ aside }) });
    const differences = [...plan.differences, ...groups.flatMap((group) => group.differences), ...seen];
    return { restore: { id: input.restore_id, change: made(disks, serverId, differences) } };
  },

  ended: (operation, failure) => ({
    restore: {
      id: operation.resource_id,
      change: unmade(failure),
    },
  }),
};

const made = (disks: ReadyDisk[], serverId: string, differences: Difference[]) => ({
  status: 'available' as const,
  server_id: serverId,
  volumes: disks.map((disk) => ({ disk_id: disk.diskId, volume_id: disk.volumeId })),
  differences,
});

const machineOf = ({
  ports: _p,
  security_groups: _g,
  volumes: _v,
  floating_ips: _f,
  differences: _d,
  ...rest
}: NewServerPlan) => rest;

const makeGroups = (run: Run<World>, point: PointRef, plan: NewServerPlan): Promise<MadeGroup[]> =>
  run.each(
    plan.security_groups.filter((group) => !group.exists),
    createSecurityGroup,
    {
      key: (group) => group.recorded_id,
      input: (group) => ({ point, recordedId: group.recorded_id }),
      parallel: 1,
    },
  );

async function makePorts(
  run: Run<World>,
  point: PointRef,
  plan: NewServerPlan,
  groups: MadeGroup[],
): Promise<ReadyPort[]> {
  const now = (id: string) => groups.find((group) => group.recordedId === id)?.groupId ?? id;
  const numbered = plan.ports.map((port, index) => ({ port, index }));
  const missing = numbered.filter(({ port }) => port.existing_id === null);
  const fresh = await run.each(missing, createPort, {
    key: indexOf,
    input: ({ port, index }) => ({ point, index, port, securityGroups: port.security_groups.map(now) }),
    parallel: 1,
  });
  return numbered.map(({ port, index }) => ({
    index,
    portId: port.existing_id ?? fresh[missing.findIndex((one) => one.index === index)]?.portId ?? '',
    recordedId: port.recorded_id,
    made: port.existing_id === null,
  }));
}

/** Closes the ports that were open, and resolves to those, which are to be opened again. */
async function closePorts(run: Run<World>, ports: readonly ReadyPort[]): Promise<ReadyPort[]> {
  const seen = await run.each(ports, closePort, { key: indexOf, input: ({ portId }) => ({ portId }) });
  return ports.filter((_port, index) => seen[index]?.wasUp);
}

type MadeDisk = NewServerDisk & { volumeId: string; live: ImageRef };

/** Makes them bootable and sets their properties before the server is made: Nova reads them then, and never again. */
async function makeVolumes(run: Run<World>, planned: readonly NewServerDisk[]): Promise<MadeDisk[]> {
  const wanted = planned.flatMap((disk) => (disk.volume ? [{ ...disk, volume: disk.volume }] : []));
  const parallel = run.world.settings.disksInParallel;
  const fresh = await run.each(wanted, createVolume, {
    key: idOf,
    input: ({ diskId, volume }) => ({ diskId, volume }),
    parallel,
  });
  const lives = await run.each(fresh, liveVolume, { key: idOf, input: (volume) => volume });
  const disks = wanted.map((disk, index) => {
    const live = lives[index];
    if (!live) throw new RewindError('internal', 'A volume was lost on the way.');
    return { ...disk, volumeId: live.volumeId, live: live.image };
  });
  await run.each(disks, dressVolume, {
    key: idOf,
    input: ({ volumeId, bootable, imageMetadata }) => ({ volumeId, bootable, imageMetadata }),
  });
  return disks;
}

async function placeDisks(
  run: Run<World>,
  planned: readonly NewServerDisk[],
  volumes: readonly MadeDisk[],
  serverId: string,
): Promise<ReadyDisk[]> {
  const ofNova = planned.flatMap((disk) => (disk.local === null ? [] : [{ diskId: disk.diskId, disk: disk.local }]));
  const locals = await run.each(ofNova, liveLocal, { key: idOf, input: (one) => ({ ...one, serverId }) });
  return planned.map((disk) => {
    const volume = volumes.find((one) => one.diskId === disk.diskId);
    const local = locals.find((one) => one.diskId === disk.diskId);
    const live = volume?.live ?? local?.image;
    if (!live) throw new RewindError('internal', 'A disk was lost on the way.');
    const volumeBytes = (disk.volume?.sizeGiB ?? 0) * BYTES_PER_GIB;
    return {
      ...disk,
      live,
      volumeId: volume?.volumeId ?? null,
      // Cinder and Nova rely on the size that they made.
      finalSizeBytes: Math.max(disk.source.sizeBytes, disk.volume ? volumeBytes : (local?.sizeBytes ?? 0)),
      draft: { pool: live.pool, image: draftName(run.operation.id, disk.diskId) },
      aside: { pool: live.pool, image: asideName(run.operation.id, disk.diskId) },
    };
  });
}

/** Drafts are filled beside the blank disks, and take their place while nobody has them open. */
async function fillAndSwap(
  run: Run<World>,
  disks: ReadyDisk[],
  serverId: string,
  instant: boolean,
): Promise<ComingDisk[]> {
  const coming = disks.map((disk) => ({ ...disk, keepSnap: false }));
  const opened = await makeDrafts(run, coming, instant);
  await run.step(awaitQuiet, { serverId, images: disks.map((disk) => disk.live) });
  const guarded = disks.filter((disk) => disk.volumeId !== null);
  const usual = (disk: ReadyDisk) => (disk.kind === 'root' ? 'in-use' : 'available');
  const claim = ({ kind, live, volumeId }: ReadyDisk) => ({
    volumeId: volumeId ?? '',
    serverId: kind === 'root' ? serverId : null,
    image: live,
  });
  const guard = (disk: ReadyDisk) => ({ ...claim(disk), usual: usual(disk) });
  await run.each(guarded, guardVolume, { key: idOf, input: guard });
  const swap = (disk: ReadyDisk) => ({
    live: disk.live,
    draft: disk.draft,
    aside: disk.aside,
    volume: disk.volumeId === null ? null : claim(disk),
  });
  await run.each(disks, swapImage, { key: idOf, input: swap });
  await run.each(guarded, releaseVolume, { key: idOf, input: guard });
  return opened;
}

/**
 * Attaches in the order of the devices, because Nova gives the next free one. The root volume is attached from the
 * beginning.
 */
async function attachVolumes(run: Run<World>, disks: readonly ReadyDisk[], serverId: string): Promise<void> {
  const data = disks.filter((disk) => disk.volumeId !== null && disk.kind !== 'root');
  const attach = ({ volumeId, deleteOnTermination, tag }: ReadyDisk) => ({
    serverId,
    volumeId: volumeId ?? '',
    locked: true,
    how: { deleteOnTermination, tag },
  });
  await run.each(data, attachVolume, { key: idOf, input: attach, parallel: 1 });
}

async function takeMarksOff(
  run: Run<World>,
  point: PointRef,
  { serverId, groups, ports }: { serverId: string; groups: MadeGroup[]; ports: ReadyPort[] },
): Promise<void> {
  await run.each(groups, finishGroup, {
    key: (group) => group.recordedId,
    input: ({ recordedId, groupId }) => ({ point, recordedId, groupId }),
  });
  await run.each(
    ports.filter((port) => port.made),
    finishPort,
    {
      key: indexOf,
      input: ({ portId, recordedId }) => ({ point, portId, recordedId }),
    },
  );
  await run.step(finishServer, { point, serverId });
}

const idOf = (disk: { diskId: string }): string => disk.diskId;
const indexOf = (port: { index: number }): string => String(port.index);
