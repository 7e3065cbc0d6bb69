import { RewindError } from '../../../domain/errors.ts';
import {
  asideForNova,
  backupOfSnapName,
  isOurImage,
  isOurSnap,
  keptName,
  localDiskOf,
  localImageName,
  snapshotOfSnapName,
} from '../../../domain/names.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import type { World } from '../../world.ts';
import { type Owing, orOwe } from '../backup/owe.ts';
import { standInOf } from '../server/stand-in.ts';

type Places = Pick<World, 'ceph' | 'cloud' | 'settings' | 'ownNames'>;

/** A snap of ours, by Ceph's id of its image: this finds it under any name, and in the trash too. */
export interface SnapOfId {
  pool: string;
  imageId: string;
  snap: string;
}

/**
 * Removes a snap of ours from its image, and with the last snapshot on it an image whose disk is gone. May safely be
 * done twice.
 */
export async function removeOurSnap(world: Places, { pool, imageId, snap }: SnapOfId): Promise<void> {
  if (!isOurSnap(snap)) throw new RewindError('internal.bad-name', 'A storage name was malformed.');
  await world.ceph.removeSnapOfId(pool, imageId, snap);
  await removeUnneededImage(world, pool, imageId);
}

/**
 * Removes an image whose disk is gone, found by Ceph's id, and our bases on it. Images in the trash are not restored
 * for this. Living disks are left alone, and so are images with snapshots, which go with the last of them. `surely`:
 * the caller knows that the disk is gone.
 * @throws RewindError `ceph.has-snapshots` when somebody else's snaps or clones need it, `ceph.busy`; `disk.put-aside`
 * while its server has no other disk
 */
export async function removeUnneededImage(world: Places, pool: string, id: string, surely = false): Promise<void> {
  const { ceph } = world;
  const found = await ceph.imageOfId(pool, id);
  if (!found || !(surely || found.inTrash || isOurImage(found.name) || (await isOrphan(world, pool, found.name))))
    return;
  const snaps = (await ceph.listSnapsOfId(pool, id)).map((snap) => snap.name);
  if (snaps.some((name) => snapshotOfSnapName(name) !== undefined)) return;
  if (await isTheOnlyOne(world, pool, found.name)) {
    throw new RewindError('disk.put-aside');
  }
  const ours = await ownBases(world, snaps);
  for (const snap of ours) await ceph.removeSnapOfId(pool, id, snap);
  const held = await ceph.heldSnapsOfId(pool, id);
  if (held.length > 0 || ours.length < snaps.length) {
    throw new RewindError('ceph.has-snapshots', {
      hint: 'Snapshots or clones of others depend on it: flatten or remove those.',
    });
  }
  if (found.inTrash) await ceph.removeTrashed(pool, id);
  else await ceph.removeImage({ pool, image: found.name });
}

/** Those of the snaps that are bases of increments made by this installation. */
export async function ownBases({ ownNames }: Pick<World, 'ownNames'>, snaps: readonly string[]): Promise<string[]> {
  const bases = snaps.filter((snap) => backupOfSnapName(snap) !== undefined);
  if (bases.length === 0) return [];
  const ours = await ownNames.ours(bases.flatMap((snap) => backupOfSnapName(snap) ?? []));
  return bases.filter((snap) => ours.has(backupOfSnapName(snap) ?? ''));
}

const UUID_LENGTH = 36;

/**
 * A disk that made way for Nova, when its server has no other: nothing, or only a stand-in, has Nova's name. Its server
 * may need to get it back, whatever snapshots are left on it.
 */
async function isTheOnlyOne({ ceph, cloud }: Places, pool: string, name: string): Promise<boolean> {
  const aside = asideForNova(name);
  if (aside?.role !== 'kept') return false;
  const server = await cloud.admin.compute.serverState(aside.serverId);
  // A server that was shelved and offloaded has its disk in the Image service.
  if (!server || (server.status === 'SHELVED_OFFLOADED' && server.taskState === null)) return false;
  const live = { pool, image: localImageName(aside.serverId, aside.disk) };
  const info = await ceph.imageInfo(live);
  return !info || (await standInOf(ceph, live, info)) !== undefined;
}

/** A disk of a server that Nova has deleted: Nova leaves it behind when it carries snaps. */
async function isOrphan({ cloud, settings }: Places, pool: string, image: string): Promise<boolean> {
  if (pool !== settings.rootPool || localDiskOf(image) === undefined) return false;
  return (await cloud.admin.compute.serverState(image.slice(0, UUID_LENGTH))) === undefined;
}

/**
 * An image that a restore took out of the trash goes back there when it was read, or when the restore fails: otherwise
 * it would stay for ever. With snapshots on it, it may stay where it is.
 */
export async function backToTrash(context: StepContext<World>, pool: string, imageId: string): Promise<void> {
  const image = { pool, image: keptName(imageId) };
  await orOwe(context, owingImage(pool, imageId), async () => {
    const { ceph } = context.world;
    if ((await ceph.imageInfo(image))?.id !== imageId) return;
    const snaps = await ceph.listSnaps(image);
    if (!snaps.some((snap) => snapshotOfSnapName(snap.name) !== undefined)) await ceph.trashImage(image);
  });
}

export const owingImage = (pool: string, imageId: string): Owing => ({
  kind: 'remove-image',
  subject: `${pool}/${imageId}`,
  details: { pool, image_id: imageId },
});

export const owingSnap = ({ pool, imageId, snap }: SnapOfId): Owing => ({
  kind: 'remove-snap',
  subject: `${pool}/${imageId}@${snap}`,
  details: { pool, image_id: imageId, snap },
});

/** For an image whose name is never used again: one that we made, or put aside. */
export const owingNamed = (kind: 'remove-image' | 'remove-memory', { pool, image }: ImageRef): Owing => ({
  kind,
  subject: `${pool}/${image}`,
  details: { pool, image },
});
