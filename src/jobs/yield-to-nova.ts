import type { ImageRef } from '../domain/disk.ts';
import {
  backupOfSnapName,
  isKeptLocal,
  isUuid,
  keptLocalName,
  LOCAL_DISKS,
  localDiskOf,
  localImageName,
  snapshotOfSnapName,
} from '../domain/names.ts';
import type { Log } from '../ports/system.ts';
import { rootImageOf } from '../workflows/steps/locate-disks.ts';
import type { World } from '../workflows/world.ts';
import { eachByItself, lookEvery } from './look-every.ts';

/** Nova tries twelve times, five seconds apart, to remove a root disk that has snapshots. */
const LOOK_EVERY_MS = 5_000;
const LOOK_BACK_MS = 120_000;
/** Nova's first try comes right after the server let go of the disk; the next one five seconds later. */
const FIRST_TRY_OVER_MS = 2_500;
/** No disk of Nova's is so small. */
const STAND_IN_BYTES = 4_096;
/** What Nova does when it wants a root disk gone. */
const DESTROYING = new Set(['rebuilding', 'deleting', 'shelving_offloading']);

/**
 * Nova cannot remove a root disk that carries a snap. On rebuild and delete it gives up after a minute, says
 * nothing, and goes on with the old disk: a rebuild that rebuilt nothing. So while Nova is at it, our base snaps on
 * that disk are given up (the next backup of the disk is then a full one), and a disk with snapshots is put aside, where
 * they are found by the image's id. An empty image stands in for it: Nova fails when what it is removing is gone. Runs
 * until `shutdown`.
 */
export async function yieldToNova(world: World, log: Log, shutdown: AbortSignal): Promise<void> {
  /** When each image was first seen with nobody watching it, by its id. Monotonic ms. */
  const quietSince = new Map<string, number>();
  const looking = { clock: world.clock, log, shutdown };
  await lookEvery(looking, { everyMs: LOOK_EVERY_MS, after: 'what Nova destroys' }, async () => {
    const since = new Date(world.clock.now() - LOOK_BACK_MS).toISOString();
    const changed = (await world.cloud.admin.compute.changedServers(since)).filter(({ id }) => isUuid(id));
    const told = ({ id }: { id: string }) => ({ trouble: 'could not make way for Nova', server_id: id });
    await eachByItself(looking, changed, told, async ({ id, taskState }) => {
      if (taskState === null) await putBack(world, log, id);
      else if (DESTROYING.has(taskState)) await giveWay(world, log, id, quietSince);
    });
  });
}

type Quiet = Map<string, number>;

async function giveWay(world: World, log: Log, serverId: string, quiet: Quiet): Promise<void> {
  for (const image of await localImages(world, serverId)) {
    const snaps = await giveUpBases(world, log, serverId, image);
    if (snaps.some((name) => snapshotOfSnapName(name) !== undefined))
      await putAside(world, log, serverId, image, quiet);
  }
}

/** Resolves to the names of the snaps that were there. */
async function giveUpBases(world: World, log: Log, serverId: string, image: ImageRef): Promise<string[]> {
  const { ceph } = world;
  if (!(await ceph.imageInfo(image))) return [];
  const snaps = (await ceph.listSnaps(image)).map((snap) => snap.name);
  for (const snap of snaps) {
    if (backupOfSnapName(snap) === undefined) continue;
    await ceph.removeSnap(image, snap);
    log.info('gave up a base snap so that Nova can remove the disk', { server_id: serverId, snap });
  }
  return snaps;
}

async function putAside(world: World, log: Log, serverId: string, image: ImageRef, quiet: Quiet): Promise<void> {
  const { ceph, clock } = world;
  const disk = localDiskOf(image.image);
  const info = await ceph.imageInfo(image);
  // Nova has not let go of it yet: a later look comes while it still tries.
  if (!info || disk === undefined || (await ceph.watchers(image)).length > 0) return;
  const since = quiet.get(info.id) ?? clock.monotonic();
  quiet.set(info.id, since);
  // Between its first look and its first try Nova would take the stand-in for the disk it is to make.
  if (clock.monotonic() - since < FIRST_TRY_OVER_MS || !(await isWanted(world, serverId))) return;
  quiet.delete(info.id);
  await ceph.renameImage(image, keptLocalName(serverId, disk, info.id));
  await ceph.createImage(image, STAND_IN_BYTES);
  log.info('put a disk with snapshots aside that Nova wants gone', { server_id: serverId, image_id: info.id });
}

async function isWanted(world: World, serverId: string): Promise<boolean> {
  const state = (await world.cloud.admin.compute.serverState(serverId))?.taskState;
  return typeof state === 'string' && DESTROYING.has(state);
}

/** All disks that Nova has made for the server. */
async function localImages({ ceph, settings }: World, serverId: string): Promise<ImageRef[]> {
  const pool = settings.rootPool;
  const names = await ceph.listImages(pool);
  return names.filter((image) => image.startsWith(`${serverId}_disk`)).map((image) => ({ pool, image }));
}

/** Nova thought better of it, or failed before it made a new disk: the server still needs the old one. */
async function putBack(world: World, log: Log, serverId: string): Promise<void> {
  const { ceph } = world;
  const root = rootImageOf(world.settings, serverId);
  if (!(await isAway(world, root))) return;
  const server = await world.cloud.admin.compute.serverState(serverId);
  // Booted from a volume, deleted, or at something again.
  if (!server || server.imageId === null || server.taskState !== null || server.status.startsWith('SHELVED')) return;
  const names = await ceph.listImages(root.pool);
  for (const disk of LOCAL_DISKS) {
    const image = localImageName(serverId, disk);
    const kept = names.filter((name) => isKeptLocal(serverId, disk, name));
    // Of several, nobody can tell which one it was.
    if (kept.length !== 1 || kept[0] === undefined || !(await isAway(world, { pool: root.pool, image }))) continue;
    await ceph.removeImage({ pool: root.pool, image });
    await ceph.renameImage({ pool: root.pool, image: kept[0] }, image);
    log.warn('put back a disk that Nova did not replace', { server_id: serverId, image });
  }
}

/** Gone, or only the stand-in is there. */
async function isAway({ ceph }: World, image: ImageRef): Promise<boolean> {
  const info = await ceph.imageInfo(image);
  return !info || info.sizeBytes === STAND_IN_BYTES;
}
