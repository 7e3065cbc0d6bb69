import { RewindError } from '../domain/errors.ts';

/**
 * Where things lie on a target. Every part of a name is a UUID of ours or a project's id, so that no text of a
 * tenant ever becomes a path.
 */
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** Keystone's ids are 32 hex digits; some installations use UUIDs. */
const PROJECT = `(?:[0-9a-f]{32}|${UUID})`;
const IS_UUID = new RegExp(`^${UUID}$`);
const IS_PROJECT = new RegExp(`^${PROJECT}$`);
const IS_MANIFEST = new RegExp(`^projects/(${PROJECT})/servers/(${UUID})/backups/(${UUID})/manifest\\.json$`);
const IS_RUN = new RegExp(
  `^projects/(${PROJECT})/servers/(${UUID})/disks/(${UUID})/runs/(${UUID})\\.(0|[1-9][0-9]{0,15})$`,
);

export const TARGET_INFO_OBJECT = 'rewind-target.json';
export const PROJECTS_PREFIX = 'projects/';

export interface ServerPlace {
  projectId: string;
  serverId: string;
}

export interface BackupIds extends ServerPlace {
  backupId: string;
}

export interface DiskPlace extends ServerPlace {
  diskId: string;
}

export interface RunPlace extends DiskPlace {
  backupId: string;
  /** The worker's fence number: a retry never reuses a name. */
  attempt: number;
}

/** All builders throw `internal.bad-id` (bug) when an id is none. */
export const manifestObject = (ids: BackupIds): string => `${backupsPrefix(ids)}${uuid(ids.backupId)}/manifest.json`;

export const backupsPrefix = (place: ServerPlace): string => `${serverPrefix(place)}backups/`;

export const runsPrefix = (place: DiskPlace): string => `${serverPrefix(place)}disks/${uuid(place.diskId)}/runs/`;

export function runObject(place: DiskPlace, backupId: string, attempt: number): string {
  if (!Number.isSafeInteger(attempt) || attempt < 0) throw badId();
  return `${runsPrefix(place)}${uuid(backupId)}.${attempt}`;
}

/** Undefined when the name is not that of a manifest. */
export function parseManifestObject(object: string): BackupIds | undefined {
  const [, projectId, serverId, backupId] = IS_MANIFEST.exec(object) ?? [];
  if (projectId === undefined || serverId === undefined || backupId === undefined) return undefined;
  return { projectId, serverId, backupId };
}

/** Undefined when the name is not that of a run. */
export function parseRunObject(object: string): RunPlace | undefined {
  const [, projectId, serverId, diskId, backupId, attempt] = IS_RUN.exec(object) ?? [];
  if (projectId === undefined || serverId === undefined || diskId === undefined) return undefined;
  if (backupId === undefined || attempt === undefined) return undefined;
  return { projectId, serverId, diskId, backupId, attempt: Number(attempt) };
}

function serverPrefix({ projectId, serverId }: ServerPlace): string {
  if (!IS_PROJECT.test(projectId)) throw badId();
  return `${PROJECTS_PREFIX}${projectId}/servers/${uuid(serverId)}/`;
}

function uuid(text: string): string {
  if (!IS_UUID.test(text)) throw badId();
  return text;
}

const badId = () => new RewindError('internal.bad-id', 'An id was malformed.', { fault: 'bug' });
