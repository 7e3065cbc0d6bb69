import { isOurSnap, keptName, snapshotOfSnapName } from '../domain/names.ts';
import type { TrashedImage } from '../ports/ceph.ts';
import type { Log } from '../ports/system.ts';
import { discardImage } from '../workflows/steps/fill-draft.ts';
import type { World } from '../workflows/world.ts';
import { eachByItself, lookEvery } from './look-every.ts';

const LOOK_EVERY_MS = 600_000;
const MS_PER_HOUR = 3_600_000;
const VOLUME = /^volume-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** A volume that Cinder deleted, and whose image stays in Ceph's trash because it carries snaps of ours. */
export interface DeletedDisk extends TrashedImage {
  pool: string;
  volumeId: string;
  /** Why it stays for now; null: it may go when its grace time is over. */
  keptFor: 'a snapshot' | 'snaps of others' | null;
}

/**
 * Until `shutdown`: removes deleted volumes from Ceph's trash when nothing but bases of increments keeps them there,
 * after a grace time in which a restore can still take the image itself. What carries snapshots goes with the last
 * of them.
 */
export async function sweepDeletedDisks(
  world: World,
  log: Log,
  graceHours: number,
  shutdown: AbortSignal,
): Promise<void> {
  const looking = { clock: world.clock, log, shutdown };
  const facts = ({ volumeId, id }: DeletedDisk) => ({ volume_id: volumeId, image_id: id });
  await lookEvery(looking, { everyMs: LOOK_EVERY_MS, after: 'deleted disks' }, async () => {
    const longAgo = world.clock.now() - graceHours * MS_PER_HOUR;
    const over = (await deletedDisks(world)).filter((disk) => disk.keptFor === null && disk.deletedAtMs <= longAgo);
    const told = (disk: DeletedDisk) => ({ trouble: 'a volume that was deleted long ago stays', ...facts(disk) });
    await eachByItself(looking, over, told, async (disk) => {
      await remove(world, disk);
      log.info('removed a volume that was deleted long ago', facts(disk));
    });
  });
}

/** All volumes' images in the trash that carry a snap of ours and that Cinder knows no more. */
export async function deletedDisks(world: Pick<World, 'ceph' | 'cloud' | 'settings'>): Promise<DeletedDisk[]> {
  const { ceph, cloud, settings } = world;
  const found: DeletedDisk[] = [];
  for (const pool of new Set([settings.volumePool, ...Object.values(settings.volumeHosts)])) {
    for (const image of await ceph.listTrash(pool)) {
      const volumeId = VOLUME.exec(image.name)?.[1];
      if (volumeId === undefined) continue;
      const snaps = (await ceph.listSnapsOfId(pool, image.id)).map((snap) => snap.name);
      if (!snaps.some(isOurSnap) || (await cloud.admin.blockStorage.volume(volumeId))) continue;
      found.push({ ...image, pool, volumeId, keptFor: reasonToKeep(snaps) });
    }
  }
  return found;
}

function reasonToKeep(snaps: readonly string[]): DeletedDisk['keptFor'] {
  if (!snaps.every(isOurSnap)) return 'snaps of others';
  return snaps.some((name) => snapshotOfSnapName(name) !== undefined) ? 'a snapshot' : null;
}

async function remove({ ceph }: World, { pool, id }: DeletedDisk): Promise<void> {
  const image = { pool, image: keptName(id) };
  await ceph.untrashImage(pool, id, image.image);
  const snaps = (await ceph.listSnaps(image)).map((snap) => snap.name);
  await discardImage({ ceph }, image, snaps.filter(isOurSnap));
}
