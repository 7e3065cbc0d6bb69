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

/** A snap of ours, by Ceph's id of its image: whatever it is called by now, and in the trash too. */
export interface SnapOfId {
  pool: string;
  imageId: string;
  snap: string;
}

/** Takes a snap of ours off its image, and with the last snapshot on it an image whose disk is gone. Safe to be done twice. */
export async function removeOurSnap(world: Places, { pool, imageId, snap }: SnapOfId): Promise<void> {
  if (!isOurSnap(snap)) throw new RewindError('internal.bad-name', 'A storage name was malformed.', { fault: 'bug' });
  await world.ceph.removeSnapOfId(pool, imageId, snap);
  await removeUnneededImage(world, pool, imageId);
}

/**
 * An image whose disk is gone, by Ceph's id: our bases on it go, and it itself. What is in the trash is not taken out for
 * it. Left alone: a living disk, and one with snapshots, which goes with the last of them. `surely`: whoever asks knows that
 * the disk is gone.
 * @throws RewindError `ceph.has-snapshots` when somebody else's snaps or clones need it, `ceph.busy`; `disk.put-aside` while
 * its server has no other disk
 */
export async function removeUnneededImage(world: Places, pool: string, id: string, surely = false): Promise<void> {
  const { ceph } = world;
  const found = await ceph.imageOfId(pool, id);
  if (!found || !(surely || found.inTrash || isOurImage(found.name) || (await isOrphan(world, pool, found.name))))
    return;
  const snaps = (await ceph.listSnapsOfId(pool, id)).map((snap) => snap.name);
  if (snaps.some((name) => snapshotOfSnapName(name) !== undefined)) return;
  if (await isTheOnlyOne(world, pool, found.name)) {
    throw new RewindError('disk.put-aside', 'The disk made way for the Compute service, which has not replaced it.', {
      fault: 'errored',
      hint: 'It is put back by itself; if it is not, see the runbook rebuild-kept-the-old-disk.',
    });
  }
  const ours = await ownBases(world, snaps);
  for (const snap of ours) await ceph.removeSnapOfId(pool, id, snap);
  const held = await ceph.heldSnapsOfId(pool, id);
  if (held.length > 0 || ours.length < snaps.length) {
    throw new RewindError('ceph.has-snapshots', 'The disk image has snapshots.', {
      fault: 'errored',
      hint: 'Snapshots or clones of others depend on it: flatten or remove those.',
    });
  }
  if (found.inTrash) await ceph.removeTrashed(pool, id);
  else await ceph.removeImage({ pool, image: found.name });
}

/** Of these snaps the bases of increments that this installation made. */
export async function ownBases({ ownNames }: Pick<World, 'ownNames'>, snaps: readonly string[]): Promise<string[]> {
  const bases = snaps.filter((snap) => backupOfSnapName(snap) !== undefined);
  if (bases.length === 0) return [];
  const ours = await ownNames.ours(bases.flatMap((snap) => backupOfSnapName(snap) ?? []));
  return bases.filter((snap) => ours.has(backupOfSnapName(snap) ?? ''));
}

const UUID_LENGTH = 36;

/**
 * A disk that made way for Nova and that its server has no other one for: Nova's name stands for nothing, or for what only
 * stands in. Its server may have to get it back, whatever snapshots are left on it.
 */
async function isTheOnlyOne({ ceph, cloud }: Places, pool: string, name: string): Promise<boolean> {
  const aside = asideForNova(name);
  if (aside?.role !== 'kept') return false;
  const server = await cloud.admin.compute.serverState(aside.serverId);
  // What was shelved and offloaded has its disk in the Image service.
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
 * What a restore took out of the trash goes back there when it was read, or when nothing comes of the restore: it would
 * stay for ever otherwise. With snapshots on it, it may stay where it is.
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

/** Of an image that has a name of its own for ever: one that we made, or set aside. */
export const owingNamed = (kind: 'remove-image' | 'remove-memory', { pool, image }: ImageRef): Owing => ({
  kind,
  subject: `${pool}/${image}`,
  details: { pool, image },
});
