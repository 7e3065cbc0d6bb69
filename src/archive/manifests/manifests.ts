import { hasCode, RewindError } from '../../domain/errors.ts';
import type { Target } from '../../ports/target.ts';
import { MANIFESTS_AT_ONCE, MAX_MANIFEST_BYTES } from '../format/format-limits.ts';
import { inOrder } from '../format/in-order.ts';
import {
  type BackupIds,
  backupPrefix,
  backupsPrefix,
  type ManifestPlace,
  manifestObject,
  PROJECTS_PREFIX,
  parseManifestObject,
  type ServerPlace,
} from '../format/layout.ts';
import { damaged, missing } from '../runs/damage.ts';
import { readWhole } from '../runs/read-object.ts';
import { generationOf, type Manifest, openManifest, sealManifest } from './manifest.ts';

/** A manifest, and its bytes as they are stored. */
export interface StoredManifest {
  manifest: Manifest;
  sealed: Uint8Array;
}

/** Each look that fails means that somebody wrote a higher generation and removed the listed one. */
const MOST_LOOKS = 10;

/**
 * Finds the highest generation, which alone counts: if it is damaged, the backup is damaged, even if the generation
 * before it is good. Undefined when the target has no such backup. Rejects with `archive.damaged`.
 */
export async function findStored(target: Target, ids: BackupIds, key: Uint8Array): Promise<StoredManifest | undefined> {
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    // Listed twice, because one listing may miss both the manifest being written and the one being removed.
    const generation = (await generations(target, ids)).at(-1) ?? (await generations(target, ids)).at(-1);
    if (generation === undefined) return undefined;
    const found = await readGeneration(target, { ...ids, generation }, key);
    if (found) return found;
  }
  throw new RewindError('target.unavailable', 'The target lists what it does not have.');
}

/** Like `findStored`. */
export async function findManifest(target: Target, ids: BackupIds, key: Uint8Array): Promise<Manifest | undefined> {
  return (await findStored(target, ids, key))?.manifest;
}

/** Rejects with `archive.missing` or `archive.damaged`. */
export async function readManifest(target: Target, ids: BackupIds, key: Uint8Array): Promise<Manifest> {
  const manifest = await findManifest(target, ids, key);
  if (manifest === undefined) throw missing(manifestObject(ids));
  return manifest;
}

/**
 * With this the backup exists, or has a new description: everything that the manifest names must be stored before. The
 * same manifest may be written again; another one of the same generation is refused with `archive.conflict` (bug).
 */
export async function writeManifest(
  target: Target,
  manifest: Manifest,
  key: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  const { id: backupId, project_id: projectId, server_id: serverId } = manifest.backup;
  const object = manifestObject({ projectId, serverId, backupId }, generationOf(manifest));
  const sealed = sealManifest(manifest, key);
  try {
    await target.put(object, once(sealed), signal);
  } catch (error) {
    if (!hasCode(error, 'target.exists')) throw error;
    const there = await readWhole(target, object, MAX_MANIFEST_BYTES);
    if (there === undefined || !Buffer.from(there).equals(sealed)) {
      throw new RewindError('archive.conflict', { cause: error });
    }
  }
}

/**
 * After this the backup does not exist any more; until then it exists in whole, because its highest manifest goes last.
 * Idempotent. Its runs are removed later, by others.
 */
export const removeManifest = (target: Target, ids: BackupIds): Promise<void> =>
  removeGenerations(target, ids, Number.POSITIVE_INFINITY);

/** Removes the superseded generations. Idempotent. Resolves to the number that were there. */
export async function removeSuperseded(target: Target, ids: BackupIds): Promise<number> {
  const there = await generations(target, ids);
  await removeGenerations(target, ids, there.at(-1) ?? 0);
  return Math.max(0, there.length - 1);
}

/** The backups of one server, in order of id. Throws `archive.damaged` at the first that cannot be read. */
export async function* listManifests(
  target: Target,
  key: Uint8Array,
  projectId: string,
  serverId: string,
): AsyncGenerator<Manifest, void, undefined> {
  for await (const found of manifestsBelow(target, key, backupsPrefix({ projectId, serverId }))) {
    if ('error' in found) throw found.error;
    yield found.manifest;
  }
}

/** A manifest, or the reason why it cannot be read: one bad backup must not hide the others. */
export type FoundManifest =
  | { object: string; ids: BackupIds; manifest: Manifest }
  | { object: string; ids: BackupIds; error: RewindError };

/**
 * The backups on the target, all or only those wanted, in order of name; a catalogue is rebuilt from them. Throws
 * target errors.
 */
export const allManifests = (
  target: Target,
  key: Uint8Array,
  wanted?: (ids: BackupIds) => boolean,
): AsyncGenerator<FoundManifest, void, undefined> => manifestsBelow(target, key, PROJECTS_PREFIX, wanted);

/** The same for one server. */
export const manifestsOfServer = (
  target: Target,
  key: Uint8Array,
  place: ServerPlace,
): AsyncGenerator<FoundManifest, void, undefined> => manifestsBelow(target, key, backupsPrefix(place));

/** Names of all runs that these backups need. Everything else may be swept once it is old enough. */
export function runsNeeded(manifests: Iterable<Manifest>): Set<string> {
  const needed = new Set<string>();
  for (const manifest of manifests) {
    for (const disk of manifest.disks) for (const run of disk.runs) needed.add(run.object);
  }
  return needed;
}

/** Takes one listing, and one read for each backup. */
async function* manifestsBelow(
  target: Target,
  key: Uint8Array,
  prefix: string,
  wanted: (ids: BackupIds) => boolean = () => true,
): AsyncGenerator<FoundManifest, void, undefined> {
  const look = async (place: ManifestPlace) => (wanted(place) ? foundAt(target, key, place) : undefined);
  for await (const found of inOrder(highest(target.list(prefix)), look, MANIFESTS_AT_ONCE)) if (found) yield found;
}

async function foundAt(target: Target, key: Uint8Array, place: ManifestPlace): Promise<FoundManifest | undefined> {
  const { generation, ...ids } = place;
  const object = manifestObject(ids, generation);
  try {
    // The manifest may have been superseded, or removed, since it was listed.
    const found = (await readGeneration(target, place, key)) ?? (await findStored(target, ids, key));
    return found && { object, ids, manifest: found.manifest };
  } catch (error) {
    if (!hasCode(error, 'archive.damaged')) throw error;
    return { object, ids, error: error as RewindError };
  }
}

/** Names are sorted, so all generations of a backup follow each other. */
async function* highest(objects: AsyncIterable<string>): AsyncGenerator<ManifestPlace, void, undefined> {
  let best: ManifestPlace | undefined;
  for await (const object of objects) {
    const place = parseManifestObject(object);
    if (place === undefined) continue;
    const same = place.backupId === best?.backupId && place.serverId === best.serverId;
    if (best && !same) yield best;
    if (!(best && same) || place.generation > best.generation) best = place;
  }
  if (best) yield best;
}

async function readGeneration(
  target: Target,
  { generation, ...ids }: ManifestPlace,
  key: Uint8Array,
): Promise<StoredManifest | undefined> {
  const object = manifestObject(ids, generation);
  const sealed = await readWhole(target, object, MAX_MANIFEST_BYTES).catch((error: unknown) => {
    // It was removed between the two looks.
    if (hasCode(error, 'archive.missing')) return undefined;
    throw error;
  });
  if (sealed === undefined) return undefined;
  const manifest = openManifest(sealed, key, object);
  const { id, project_id, server_id } = manifest.backup;
  // It is authentic, but was moved here from elsewhere.
  if (id !== ids.backupId || project_id !== ids.projectId || server_id !== ids.serverId) {
    throw damaged(object, 'it is the manifest of another backup');
  }
  if (generationOf(manifest) !== generation) throw damaged(object, 'it is another manifest of the backup');
  return { manifest, sealed };
}

/** In ascending order. */
async function generations(target: Target, ids: BackupIds): Promise<number[]> {
  const found: number[] = [];
  for await (const object of target.list(backupPrefix(ids))) {
    const place = parseManifestObject(object);
    if (place) found.push(place.generation);
  }
  return found.sort((a, b) => a - b);
}

async function removeGenerations(target: Target, ids: BackupIds, below: number): Promise<void> {
  for (const generation of await generations(target, ids)) {
    if (generation < below) await target.remove(manifestObject(ids, generation));
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
