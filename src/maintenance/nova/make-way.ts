import { fullCode } from '../../domain/errors.ts';
import {
  asideForNova,
  backupOfSnapName,
  isOurSnap,
  keptLocalName,
  localDiskOf,
  localImageName,
  snapshotOfSnapName,
  standInName,
} from '../../domain/names.ts';
import type { NovaIntent } from '../../domain/operations/nova-intent.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import type { ServerState } from '../../ports/openstack.ts';
import { ownBases } from '../../workflows/steps/image/unneeded-image.ts';
import { makeStandIn, standInOf } from '../../workflows/steps/server/stand-in.ts';
import { firstTime, inRootPool, type Watched } from './nova-watch.ts';

/** Nova's first try comes right after the server released the disk; the next one five seconds later. */
const FIRST_TRY_OVER_MS = 2_500;
/** Nova records a request a moment after it began: one look may fall in between. */
const LOOKS_TO_TELL = 2;

/** For a server whose disks Nova is about to remove. `stillDestroys` asks Nova again. */
export async function makeWay(watched: Watched, stillDestroys: () => Promise<boolean>): Promise<void> {
  await finishAside(watched);
  for (const image of localImages(watched)) {
    const { snaps } = await giveUpBases(watched, image);
    if (snaps.some((name) => snapshotOfSnapName(name) !== undefined)) await putAside(watched, image, stillDestroys);
  }
}

/** All disks that Nova has made for the server. */
export const localImages = (watched: Watched): ImageRef[] =>
  watched.images
    .filter((name) => name.startsWith(`${watched.serverId}_disk`) && localDiskOf(name) !== undefined)
    .map((name) => inRootPool(watched, name));

/** Resolves to the names of the snaps that were there, and of those that are still there. */
export async function giveUpBases(watched: Watched, image: ImageRef): Promise<{ snaps: string[]; left: string[] }> {
  const { world, log, memory, serverId } = watched;
  const { ceph } = world;
  if (!(await ceph.imageInfo(image))) return { snaps: [], left: [] };
  const snaps = (await ceph.listSnaps(image)).map((snap) => snap.name);
  const own = await ownBases(world, snaps);
  for (const snap of own) {
    await ceph.removeSnap(image, snap);
    log.info('gave up a base snap so that Nova can remove the disk', { server_id: serverId, snap });
  }
  const left = snaps.filter((snap) => !own.includes(snap));
  const theirs = left.find((snap) => backupOfSnapName(snap) !== undefined);
  if (theirs !== undefined && firstTime(memory, `${image.image}@${theirs}`))
    log.warn('a base snap that this installation did not make keeps Nova from removing a disk', {
      ...{
        server_id: serverId,
        snap: theirs,
        hint: 'Its own installation gives it up; of a lost one: rewind admin take-over.',
      },
    });
  return { snaps, left };
}

async function putAside(watched: Watched, image: ImageRef, stillDestroys: () => Promise<boolean>): Promise<void> {
  const { world, log, memory, serverId } = watched;
  const { ceph, clock } = world;
  const { quietSince } = memory.of(serverId);
  const disk = localDiskOf(image.image);
  const info = await ceph.imageInfo(image);
  if (!info || disk === undefined || (await standInOf(ceph, image, info))) return;
  // Nova has not released it yet: a later look comes while Nova still tries.
  if ((await ceph.watchers(image)).length > 0) {
    quietSince.delete(info.id);
    return;
  }
  const since = quietSince.get(info.id) ?? clock.monotonic();
  quietSince.set(info.id, since);
  // Between its first look and its first try, Nova would mistake the stand-in for the disk that it has to make.
  if (clock.monotonic() - since < FIRST_TRY_OVER_MS) return;
  const standIn = await makeStandIn(ceph, { serverId, disk }, info.id, image.pool);
  // Checked right before the act: since the look began, Nova may have finished or started something else.
  if (!(await stillDestroys())) {
    await ceph.removeImage(standIn);
    return;
  }
  quietSince.delete(info.id);
  await ceph.renameImage(image, keptLocalName(serverId, disk, info.id));
  await ceph.renameImage(standIn, image.image);
  log.info('put a disk with snapshots aside that Nova wants gone', { server_id: serverId, image_id: info.id });
}

/**
 * For a process that put a disk aside and died before its stand-in was in place: Nova fails when it finds nothing
 * there.
 */
async function finishAside(watched: Watched): Promise<void> {
  const { world, images, serverId } = watched;
  const aside = images.map(asideForNova).filter((one) => one?.serverId === serverId);
  for (const one of aside) {
    if (one?.role !== 'standin') continue;
    const live = localImageName(serverId, one.disk);
    const hasKept = aside.some((kept) => kept?.role === 'kept' && kept.imageId === one.imageId);
    if (!hasKept || images.includes(live)) continue;
    await world.ceph.renameImage(inRootPool(watched, standInName(serverId, one.disk, one.imageId)), live);
  }
}

/** Touches nothing. Where that may leave a rebuilt server with its old disk, everybody who can mend it is told. */
export async function sayUnknown(
  watched: Watched,
  server: ServerState | undefined,
  { why }: NovaIntent,
): Promise<void> {
  const { world, log, tell, memory, serverId } = watched;
  const remembered = memory.of(serverId);
  remembered.unknownLooks += 1;
  if (!server || remembered.unknownLooks < LOOKS_TO_TELL || remembered.said.has(why)) return;
  const snaps = await Promise.all(localImages(watched).map((image) => world.ceph.listSnaps(image)));
  remembered.said.add(why);
  if (!snaps.flat().some(({ name }) => isOurSnap(name))) return;
  const hint = 'See the runbook rebuild-kept-the-old-disk: it tells what to compare, and how to make way by hand.';
  log.warn('cannot tell whether Nova is about to remove the disks of a server: nothing is touched', {
    ...{ server_id: serverId, task_state: server.taskState, host: server.host, why, hint },
  });
  if (server.taskState !== 'rebuilding') return;
  const words =
    'The Compute service is rebuilding or moving the server, and it cannot be told which: its disks and snapshots were ' +
    'left as they are. If it was rebuilt and still has its old files, rebuild it again.';
  await tell({
    projectId: server.projectId,
    serverId,
    level: 'WARNING',
    code: fullCode('server.rebuild-unclear'),
    words,
  });
}
