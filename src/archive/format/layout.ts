import { RewindError } from '../../domain/errors.ts';

/**
 * Where things lie on a target. Every part of a name is a UUID that Rewind made or a project's id, so that text of a
 * tenant never becomes a path.
 */
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** Keystone's ids are 32 hex digits; some installations use UUIDs. */
const PROJECT = `(?:[0-9a-f]{32}|${UUID})`;
const IS_UUID = new RegExp(`^${UUID}$`);
const IS_PROJECT = new RegExp(`^${PROJECT}$`);
const IS_MANIFEST = new RegExp(
  `^projects/(${PROJECT})/servers/(${UUID})/backups/(${UUID})/manifest(?:\\.([2-9]|[1-9][0-9]{1,5}))?\\.json$`,
);
const IS_RUN = new RegExp(
  `^projects/(${PROJECT})/servers/(${UUID})/disks/(${UUID})/runs/(${UUID})\\.(0|[1-9][0-9]{0,15})$`,
);
const IS_KEY = new RegExp(`^projects/(${PROJECT})/keys/(${UUID})\\.([1-9][0-9]{0,8})\\.json$`);
const IS_ERASURE = new RegExp(`^projects/(${PROJECT})/keys/erased\\.([1-9][0-9]{0,8})\\.json$`);

export const TARGET_INFO_OBJECT = 'rewind-target.json';
export const PROJECTS_PREFIX = 'projects/';

export interface ServerPlace {
  projectId: string;
  serverId: string;
}

export interface BackupIds extends ServerPlace {
  backupId: string;
}

/** Compaction rewrites the manifest of a backup; the manifest with the highest generation counts. */
export interface ManifestPlace extends BackupIds {
  /** Counts from 1. */
  generation: number;
}

export const MAX_GENERATION = 999_999;

export interface DiskPlace extends ServerPlace {
  diskId: string;
}

export interface RunPlace extends DiskPlace {
  /** The backup that the run was written for, or the operation that merged it. */
  makerId: string;
  /** The worker's fence number, so that a retry never reuses a name. */
  attempt: number;
}

/** All builders throw `internal.bad-id` (bug) when an id is not valid. */
export function manifestObject(ids: BackupIds, generation = 1): string {
  if (!Number.isSafeInteger(generation) || generation < 1 || generation > MAX_GENERATION) throw badId();
  return `${backupPrefix(ids)}manifest${generation === 1 ? '' : `.${generation}`}.json`;
}

export const backupPrefix = (ids: BackupIds): string => `${backupsPrefix(ids)}${uuid(ids.backupId)}/`;

export const backupsPrefix = (place: ServerPlace): string => `${serverPrefix(place)}backups/`;

export const runsPrefix = (place: DiskPlace): string => `${serverPrefix(place)}disks/${uuid(place.diskId)}/runs/`;

export function runObject(place: DiskPlace, makerId: string, attempt: number): string {
  if (!Number.isSafeInteger(attempt) || attempt < 0) throw badId();
  return `${runsPrefix(place)}${uuid(makerId)}.${attempt}`;
}

/** Undefined when the name is not that of a manifest. */
export function parseManifestObject(object: string): ManifestPlace | undefined {
  const [, projectId, serverId, backupId, generation = '1'] = IS_MANIFEST.exec(object) ?? [];
  if (projectId === undefined || serverId === undefined || backupId === undefined) return undefined;
  return { projectId, serverId, backupId, generation: Number(generation) };
}

/** Undefined when the name is not that of a run. */
export function parseRunObject(object: string): RunPlace | undefined {
  const [, projectId, serverId, diskId, makerId, attempt] = IS_RUN.exec(object) ?? [];
  if (projectId === undefined || serverId === undefined || diskId === undefined) return undefined;
  if (makerId === undefined || attempt === undefined) return undefined;
  return { projectId, serverId, diskId, makerId, attempt: Number(attempt) };
}

/** One wrapping of a project's key; each further wrapping is a generation of its own. */
export interface KeyPlace {
  projectId: string;
  keyId: string;
  generation: number;
}

export const keysPrefix = (projectId: string): string => `${projectPrefix(projectId)}keys/`;

export const keyObject = ({ projectId, keyId, generation }: KeyPlace): string =>
  `${keysPrefix(projectId)}${uuid(keyId)}.${generation}.json`;

/** Name of the object that says that keys of the project were erased on purpose. */
export const erasureObject = (projectId: string, number: number): string =>
  `${keysPrefix(projectId)}erased.${number}.json`;

/** Undefined when the name is not that of a key. */
export function parseKeyObject(object: string): KeyPlace | undefined {
  const [, projectId, keyId, generation] = IS_KEY.exec(object) ?? [];
  if (projectId === undefined || keyId === undefined || generation === undefined) return undefined;
  return { projectId, keyId, generation: Number(generation) };
}

/** The erasure's number; undefined when the name is not that of an erasure. */
export function parseErasureObject(object: string): number | undefined {
  const [, , number] = IS_ERASURE.exec(object) ?? [];
  return number === undefined ? undefined : Number(number);
}

function projectPrefix(projectId: string): string {
  if (!IS_PROJECT.test(projectId)) throw badId();
  return `${PROJECTS_PREFIX}${projectId}/`;
}

export const serverPrefix = ({ projectId, serverId }: ServerPlace): string =>
  `${projectPrefix(projectId)}servers/${uuid(serverId)}/`;

function uuid(text: string): string {
  if (!IS_UUID.test(text)) throw badId();
  return text;
}

const badId = () => new RewindError('internal.bad-id');
