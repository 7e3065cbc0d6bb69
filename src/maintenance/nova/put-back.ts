import { fullCode } from '../../domain/errors.ts';
import { asideForNova, type LocalDisk, localImageName, standInName } from '../../domain/names.ts';
import { livesOn } from '../../domain/operations/nova-intent.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import type { ImageInfo } from '../../ports/ceph.ts';
import type { ServerState } from '../../ports/openstack.ts';
import { type StandIn, standInOf } from '../../workflows/steps/server/stand-in.ts';
import { cleanUpAfter, removeStandIns } from './clean-up-after-nova.ts';
import { firstTime, inRootPool, STAND_IN_OUT, type Watched } from './nova-watch.ts';

/** Called while Nova does nothing with this server: a disk that it did not replace gets its place back. */
export async function putBack(watched: Watched, server: ServerState): Promise<void> {
  const { world, images, serverId } = watched;
  const aside = images.map(asideForNova).filter((one) => one?.serverId === serverId);
  // While one of our operations replaces its disks, one may be missing for a moment.
  if ((await world.operations.holderOf(serverId)) !== undefined) return;
  if (!livesOn({ ...server, hostStatus: server.hostStatus ?? null })) {
    await cleanUpAfter(watched, 'offloaded');
    return;
  }
  const disks = new Set(aside.flatMap((one) => (one?.role === 'kept' ? [one.disk] : [])));
  for (const disk of disks) {
    // A server that boots from a volume has no root disk of Nova's.
    if (disk === '_disk' && server.imageId === null) continue;
    await putDiskBack(watched, server, disk);
  }
  await removeStandIns(watched, server);
}

async function putDiskBack(watched: Watched, server: ServerState, disk: LocalDisk): Promise<void> {
  const { world, memory, serverId } = watched;
  const { ceph } = world;
  const live = inRootPool(watched, localImageName(serverId, disk));
  const info = await ceph.imageInfo(live);
  const standIn = info && (await standInOf(ceph, live, info));
  // Nova has made a new disk: the one that was put aside belongs to its snapshots.
  if (info && !standIn) return;
  const kept = await keptOf(watched, disk, standIn);
  if (!kept) return;
  const { awaits } = memory.of(serverId);
  if (!info) {
    // Missing in one look is not enough: somebody may be putting another one there.
    if (!awaits.has(live.image)) {
      awaits.add(live.image);
      return;
    }
  } else if (!(await mayGo(watched, server, live, info))) {
    return;
  }
  awaits.delete(live.image);
  if (info && !(await takeOut(watched, disk, live, info))) return;
  await ceph.renameImage(kept, live.image);
  await sayPutBack(watched, server, live, kept);
}

/** The disk that a stand-in stands for. If no mark says so, and there are several, nobody can tell which one it was. */
async function keptOf(watched: Watched, disk: LocalDisk, standIn: StandIn | undefined): Promise<ImageRef | undefined> {
  const { log, images, serverId } = watched;
  const all = images.filter((name) => {
    const one = asideForNova(name);
    return one?.role === 'kept' && one.serverId === serverId && one.disk === disk;
  });
  const wanted =
    standIn && standIn.standsFor !== null
      ? all.filter((name) => asideForNova(name)?.imageId === standIn.standsFor)
      : all;
  const [kept, ...more] = wanted;
  if (kept !== undefined && more.length === 0) return inRootPool(watched, kept);
  if (firstTime(watched.memory, `${serverId}: ${all.join()}`))
    log.error('a server has no disk, and of those that were put aside none is sure to be its own', {
      ...{ server_id: serverId, images: all, hint: 'See the runbook rebuild-kept-the-old-disk.' },
    });
  return undefined;
}

/** A stand-in that somebody wrote to is not taken away from them: an operator, or the server's owner, decides. */
async function mayGo(watched: Watched, server: ServerState, live: ImageRef, info: ImageInfo): Promise<boolean> {
  const { world, log, tell, serverId } = watched;
  const { ceph } = world;
  const written = (await ceph.listSnaps(live)).length > 0 || (await ceph.isWritten(live));
  if (!written) return server.status === 'ACTIVE' || (await ceph.watchers(live)).length === 0;
  if (!firstTime(watched.memory, `written ${info.id}`)) return false;
  log.error('a server runs on an empty disk that stood in for its own, and has written to it: nothing is touched', {
    ...{ server_id: serverId, image_id: info.id, hint: 'See the runbook rebuild-kept-the-old-disk.' },
  });
  const words =
    'The server runs on an empty disk instead of its own, and something was written to it. Both disks are kept: ' +
    'revert it to a snapshot, or ask the operator to put its own disk back.';
  await tell({ projectId: server.projectId, serverId, level: 'ERROR', code: fullCode('server.on-stand-in'), words });
  return false;
}

/** Renames it to a name that only we know. False: by then it was another image, and has its name again. */
async function takeOut(watched: Watched, disk: LocalDisk, live: ImageRef, info: ImageInfo): Promise<boolean> {
  const { ceph } = watched.world;
  const out = inRootPool(watched, standInName(watched.serverId, disk, info.id));
  await ceph.renameImage(live, out.image);
  if ((await ceph.imageInfo(out))?.id === info.id) return true;
  await ceph.renameImage(out, live.image);
  return false;
}

async function sayPutBack(watched: Watched, server: ServerState, live: ImageRef, kept: ImageRef): Promise<void> {
  const { log, tell, memory, serverId } = watched;
  memory.of(serverId).awaits.add(STAND_IN_OUT);
  const facts = { server_id: serverId, image: live.image, was: kept.image };
  log.warn('put back a disk that Nova did not replace', facts);
  const words =
    'A disk of the server had been put aside because the Compute service was about to remove it. It did not, and the ' +
    'disk is in its place again; a running server is restarted from it. If the server was to be rebuilt, rebuild it again.';
  await tell({
    projectId: server.projectId,
    serverId,
    level: 'WARNING',
    code: fullCode('server.disk-put-back'),
    words,
  });
}
