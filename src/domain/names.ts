import { RewindError } from './errors.ts';

/**
 * Names in Ceph that are ours. They are made from UUIDs only, so that a name in an argv can never be anything
 * but a name (rbd parses pools, namespaces and snapshots out of its arguments).
 */
const RBD_NAME = /^[a-z0-9][a-z0-9._-]{0,95}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const BACKUP_SNAP = /^rewind-b-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** The root disk of a server on `images_type=rbd`: what Nova calls it in its pool. */
export const rootImageName = (serverId: string): string => rbdName(`${uuid(serverId)}_disk`);

/** What Cinder calls a volume's image; `nameId` is `name_id`, which differs from the id after a migration. */
export const volumeImageName = (nameId: string): string => rbdName(`volume-${uuid(nameId)}`);

export const backupSnapName = (backupId: string): string => rbdName(`rewind-b-${uuid(backupId)}`);

/** The backup a snap of ours belongs to; undefined when the snap is somebody else's. */
export const backupOfSnapName = (snapName: string): string | undefined => BACKUP_SNAP.exec(snapName)?.[1];

/** An image that a restore fills; nobody boots it. One per operation and disk. */
export const draftName = (operationId: string, diskId: string): string =>
  rbdName(`rewind-draft-${uuid(operationId)}-${uuid(diskId).slice(0, 8)}${uuid(diskId).slice(24)}`);

/** Where a swap puts the image that was there before. */
export const asideName = (operationId: string, diskId: string): string =>
  rbdName(`rewind-aside-${uuid(operationId)}-${uuid(diskId).slice(0, 8)}${uuid(diskId).slice(24)}`);

export const isUuid = (text: string): boolean => UUID.test(text);

/** Lets a name of our grammar through; anything else is a bug or an attack. */
export function rbdName(name: string): string {
  if (!RBD_NAME.test(name))
    throw new RewindError('internal.bad-name', 'A storage name was malformed.', { fault: 'bug' });
  return name;
}

function uuid(text: string): string {
  if (!UUID.test(text)) throw new RewindError('internal.bad-id', 'An id was malformed.', { fault: 'bug' });
  return text;
}
