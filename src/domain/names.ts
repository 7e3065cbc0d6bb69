import { createHash } from 'node:crypto';
import { RewindError } from './errors.ts';

/**
 * Rewind's own names in Ceph. They are made only from UUIDs, so that a name in an argv can never be anything but a name
 * (rbd parses pools, namespaces and snapshots out of its arguments).
 */
const RBD_NAME = /^[a-z0-9][a-z0-9._-]{0,95}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SNAPSHOT_SNAP = /^rewind-s-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;
const MEMORY_IMAGE = /^rewind-m-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;
const IMAGE_ID = /^[0-9a-f]{4,32}$/;
const BACKUP_SNAP = /^rewind-b-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** The root disk of a server on `images_type=rbd`: its name in Nova's pool. */
export const rootImageName = (serverId: string): string => localImageName(serverId, '_disk');

/** The disks that Nova itself makes for a server, by what follows the server's id in their names. */
export type LocalDisk = '_disk' | '_disk.swap' | '_disk.local' | `_disk.eph${number}`;

/** All that a flavor and a request can have in practice. */
export const LOCAL_DISKS: readonly LocalDisk[] = [
  ...(['_disk', '_disk.swap', '_disk.local'] as const),
  ...(['_disk.eph0', '_disk.eph1', '_disk.eph2', '_disk.eph3'] as const),
];

const LOCAL_DISK = /^[0-9a-f-]{36}(_disk(?:\.swap|\.local|\.eph[0-9]{1,2})?)$/;

export const localImageName = (serverId: string, disk: LocalDisk): string => rbdName(`${uuid(serverId)}${disk}`);

/** Which of its server's disks has this image name; undefined: none that Nova makes. */
export const localDiskOf = (imageName: string): LocalDisk | undefined =>
  LOCAL_DISK.exec(imageName)?.[1] as LocalDisk | undefined;

/** The root disk has the server's id; the others need one of their own, which is always the same. */
export function localDiskId(serverId: string, disk: LocalDisk): string {
  return disk === '_disk' ? uuid(serverId) : derivedId(`${uuid(serverId)}${disk}`);
}

/** A UUID of version 8, whose content its maker defines. */
function derivedId(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/**
 * Besides the server's id, held by operations that write or remove something on a target that other backups of the
 * server may need.
 */
export const archiveHoldId = (serverId: string): string => derivedId(`${uuid(serverId)}/archive`);

/**
 * What lies on targets for a server's backups: operations that read it share it, those that remove some of it exclude
 * others.
 */
export const backupsHoldId = (serverId: string): string => derivedId(`${uuid(serverId)}/backups`);

/** Runs of a server that come to a target from elsewhere: two operations that bring the same run would collide. */
export const arrivalsHoldId = (serverId: string): string => derivedId(`${uuid(serverId)}/arrivals`);

/**
 * Which images are a server's disks, under which names: clones of their snaps are made while no other operation renames
 * them.
 */
export const disksHoldId = (serverId: string): string => derivedId(`${uuid(serverId)}/disks`);

/** Cinder's name of a volume's image; `nameId` is `name_id`, which differs from the id after a migration. */
export const volumeImageName = (nameId: string): string => rbdName(`volume-${uuid(nameId)}`);

export const backupSnapName = (backupId: string): string => rbdName(`rewind-b-${uuid(backupId)}`);

/** The image in the pool of snapshots that holds the memory of a snapshot. */
export const memoryImageName = (snapshotId: string): string => rbdName(`rewind-m-${uuid(snapshotId)}`);

/** The snapshot whose memory an image contains; undefined when the image is something else. */
export const snapshotOfMemoryImage = (imageName: string): string | undefined => MEMORY_IMAGE.exec(imageName)?.[1];

/** The backup to which a snap of ours belongs; undefined when the snap is somebody else's. */
export const backupOfSnapName = (snapName: string): string | undefined => BACKUP_SNAP.exec(snapName)?.[1];

export const snapshotSnapName = (snapshotId: string): string => rbdName(`rewind-s-${uuid(snapshotId)}`);

/** The snapshot to which a snap of ours belongs; undefined when the snap is somebody else's or a backup's. */
export const snapshotOfSnapName = (snapName: string): string | undefined => SNAPSHOT_SNAP.exec(snapName)?.[1];

/** Whether Rewind made it, for a backup or for a snapshot. */
export const isOurSnap = (snapName: string): boolean => BACKUP_SNAP.test(snapName) || SNAPSHOT_SNAP.test(snapName);

/**
 * An image whose disk is gone, and which stays because snapshots are on it. Named by Ceph's id, so that no two names
 * collide.
 */
export const keptName = (id: string): string => rbdName(`rewind-kept-${imageId(id)}`);

/**
 * One of Nova's disks that was put aside for Nova; the name says whose it is, in case Nova does not go through with it.
 */
export const keptLocalName = (serverId: string, disk: LocalDisk, id: string): string =>
  rbdName(`rewind-kept-${uuid(serverId)}${disk}-${imageId(id)}`);

/** A stand-in for a disk that was put aside, on its way in, or on its way out. */
export const standInName = (serverId: string, disk: LocalDisk, id: string): string =>
  rbdName(`rewind-standin-${uuid(serverId)}${disk}-${imageId(id)}`);

const ASIDE_FOR_NOVA =
  /^rewind-(kept|standin)-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(_disk(?:\.swap|\.local|\.eph[0-9]{1,2})?)-([0-9a-f]{4,32})$/;

export interface AsideForNova {
  role: 'kept' | 'standin';
  serverId: string;
  disk: LocalDisk;
  /** Ceph's id of the disk that was put aside, or of the stand-in that is on its way out. */
  imageId: string;
}

/** Describes an image that was put aside for Nova; undefined: it is something else. */
export function asideForNova(name: string): AsideForNova | undefined {
  const [, role, serverId, disk, id] = ASIDE_FOR_NOVA.exec(name) ?? [];
  if (serverId === undefined || id === undefined) return undefined;
  return { role: role as AsideForNova['role'], serverId, disk: disk as LocalDisk, imageId: id };
}

/** Images that only we know: nobody boots from them or has them attached. */
export const isOurImage = (name: string): boolean => /^rewind-(kept|aside)-/.test(name);

/** An image that a restore fills; nobody boots it. One per operation and disk. */
export const draftName = (operationId: string, diskId: string): string =>
  rbdName(`rewind-draft-${uuid(operationId)}-${uuid(diskId).slice(0, 8)}${uuid(diskId).slice(24)}`);

const OF_OPERATION = /^rewind-(?:draft|aside)-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-/;

/** The operation that made or put aside an image; undefined when the image is something else. */
export const operationOfImage = (imageName: string): string | undefined => OF_OPERATION.exec(imageName)?.[1];

/** The name to which a swap moves the image that was there before. */
export const asideName = (operationId: string, diskId: string): string =>
  rbdName(`rewind-aside-${uuid(operationId)}-${uuid(diskId).slice(0, 8)}${uuid(diskId).slice(24)}`);

/** Checks Ceph's own id of an image, so that it is safe in an argv. */
export function imageId(text: string): string {
  if (!IMAGE_ID.test(text)) throw new RewindError('internal.bad-id');
  return text;
}

export const isUuid = (text: string): boolean => UUID.test(text);

/** Accepts a name of our grammar; anything else is a bug or an attack. */
export function rbdName(name: string): string {
  if (!RBD_NAME.test(name)) throw new RewindError('internal.bad-name', 'A storage name was malformed.');
  return name;
}

function uuid(text: string): string {
  if (!UUID.test(text)) throw new RewindError('internal.bad-id');
  return text;
}
