import { asRewindError, hasCode } from '../../domain/errors.ts';
import { isOurSnap, keptName, snapshotOfSnapName } from '../../domain/names.ts';
import { eachByItself } from '../../periodic/each-by-itself.ts';
import type { PeriodicJob } from '../../periodic/periodic-job.ts';
import type { TrashedImage } from '../../ports/ceph.ts';
import type { Log } from '../../ports/system.ts';
import { volumeImageOf } from '../../workflows/lookups/locate-disks.ts';
import { owingImage, ownBases, removeUnneededImage } from '../../workflows/steps/image/unneeded-image.ts';
import type { World } from '../../workflows/world.ts';

const LOOK_EVERY_MS = 600_000;
const MS_PER_HOUR = 3_600_000;
const VOLUME = /^volume-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** A volume that Cinder deleted, and whose image stays in Ceph's trash because it carries snaps of ours. */
export interface DeletedDisk extends TrashedImage {
  pool: string;
  /** Null: it was taken out of the trash for a restore and put back. */
  volumeId: string | null;
  /** Why it stays for now; null: it may go when its grace time is over. */
  keptFor: 'a snapshot' | 'snaps of others' | 'clones' | null;
}

/**
 * Removes deleted volumes from Ceph's trash when only bases of increments keep them there, after a grace time in which
 * a restore can still take the image itself. A volume that carries snapshots goes with the last of them.
 */
export function sweepDeletedDisks(world: World, log: Log, graceHours: number): PeriodicJob {
  const facts = ({ volumeId, id }: DeletedDisk) => ({ volume_id: volumeId, image_id: id });
  const look = async (over: AbortSignal) => {
    const longAgo = world.clock.now() - graceHours * MS_PER_HOUR;
    const due = (await deletedDisks(world)).filter((disk) => disk.keptFor === null && disk.deletedAtMs <= longAgo);
    const told = (disk: DeletedDisk) => ({ trouble: 'a volume that was deleted long ago stays', ...facts(disk) });
    await eachByItself(log, over, due, told, async (disk) => {
      await removeOrOwe(world, disk);
      log.info('removed a volume that was deleted long ago', facts(disk));
    });
  };
  return { name: 'sweep-deleted-disks', after: 'deleted disks', everyMs: LOOK_EVERY_MS, look };
}

/**
 * Once our snaps are removed while clones of them live, nothing would show any more that the image is ours to remove.
 */
async function removeOrOwe(world: World, { pool, id }: DeletedDisk): Promise<void> {
  try {
    await removeUnneededImage(world, pool, id);
  } catch (error) {
    const { code, message: reason } = asRewindError(error);
    await world.debts.record({ ...owingImage(pool, id), project_id: null, operation_id: null, code, reason });
    throw error;
  }
}

type Places = Pick<World, 'ceph' | 'cloud' | 'settings' | 'ownNames'>;

/** Images in the trash that carry a snap of ours and that are no volume of Cinder's any more. */
export async function deletedDisks(world: Places): Promise<DeletedDisk[]> {
  const { ceph, settings } = world;
  const found: DeletedDisk[] = [];
  for (const pool of new Set([settings.volumePool, ...Object.values(settings.volumeHosts)])) {
    for (const image of await ceph.listTrash(pool)) {
      const volumeId = VOLUME.exec(image.name)?.[1] ?? null;
      if (volumeId === null && image.name !== keptName(image.id)) continue;
      const snaps = await snapsInTrash(world, pool, image.id);
      if (!snaps || ![...snaps.there, ...snaps.held].some(isOurSnap)) continue;
      if (volumeId !== null && (await mayBeLiving(world, volumeId, image.id))) continue;
      found.push({ ...image, pool, volumeId, keptFor: await reasonToKeep(world, snaps) });
    }
  }
  return found;
}

interface TrashedSnaps {
  there: string[];
  /** Snaps that were removed while clones of them live. */
  held: string[];
}

/** Undefined: it went between two looks. */
async function snapsInTrash({ ceph }: Places, pool: string, id: string): Promise<TrashedSnaps | undefined> {
  try {
    const there = (await ceph.listSnapsOfId(pool, id)).map((snap) => snap.name);
    return { there, held: await ceph.heldSnapsOfId(pool, id) };
  } catch (error) {
    if (hasCode(error, 'ceph.not-found')) return undefined;
    throw error;
  }
}

/**
 * Cinder knows the volume, and this image may be its present one: it is not surely one that was replaced (reimage,
 * retype, migration).
 */
async function mayBeLiving({ ceph, cloud, settings }: Places, volumeId: string, imageId: string): Promise<boolean> {
  const volume = await cloud.admin.blockStorage.volume(volumeId);
  if (!volume) return false;
  const living = await ceph.imageInfo(volumeImageOf(settings, volume));
  return !living || living.id === imageId;
}

async function reasonToKeep(world: Places, { there, held }: TrashedSnaps): Promise<DeletedDisk['keptFor']> {
  if (there.some((name) => snapshotOfSnapName(name) !== undefined)) return 'a snapshot';
  if ((await ownBases(world, there)).length < there.length) return 'snaps of others';
  return held.length > 0 ? 'clones' : null;
}
