import { hasCode, RewindError } from '../domain/errors.ts';
import type { Target } from '../ports/target.ts';
import { damaged, missing } from './damage.ts';
import { type BackupIds, backupsPrefix, manifestObject, PROJECTS_PREFIX, parseManifestObject } from './layout.ts';
import { MAX_MANIFEST_BYTES } from './limits.ts';
import { type Manifest, openManifest, sealManifest } from './manifest.ts';
import { readWhole } from './read-object.ts';

/** Undefined when there is no such backup on the target. Rejects with `archive.damaged`. */
export async function findManifest(target: Target, ids: BackupIds, key: Uint8Array): Promise<Manifest | undefined> {
  const object = manifestObject(ids);
  const stored = await readWhole(target, object, MAX_MANIFEST_BYTES);
  if (stored === undefined) return undefined;
  const manifest = openManifest(stored, key, object);
  const { id, project_id, server_id } = manifest.backup;
  // Authentic, but moved here from elsewhere.
  if (id !== ids.backupId || project_id !== ids.projectId || server_id !== ids.serverId) {
    throw damaged(object, 'it is the manifest of another backup');
  }
  return manifest;
}

/** Rejects with `archive.missing` or `archive.damaged`. */
export async function readManifest(target: Target, ids: BackupIds, key: Uint8Array): Promise<Manifest> {
  const manifest = await findManifest(target, ids, key);
  if (manifest === undefined) throw missing(manifestObject(ids));
  return manifest;
}

/**
 * With this the backup exists: everything it names must be stored before. The same manifest may be written again;
 * another one of the same backup is refused with `archive.conflict` (bug).
 */
export async function writeManifest(target: Target, manifest: Manifest, key: Uint8Array): Promise<void> {
  const { id: backupId, project_id: projectId, server_id: serverId } = manifest.backup;
  const object = manifestObject({ projectId, serverId, backupId });
  const sealed = sealManifest(manifest, key);
  try {
    await target.put(object, once(sealed));
  } catch (error) {
    if (!hasCode(error, 'target.exists')) throw error;
    const there = await readWhole(target, object, MAX_MANIFEST_BYTES);
    if (there === undefined || !Buffer.from(there).equals(sealed)) {
      throw new RewindError('archive.conflict', 'The backup was described before, in another way.', {
        fault: 'bug',
        cause: error,
      });
    }
  }
}

/** After this the backup does not exist any more. Idempotent. Its runs are removed later, and by others. */
export const removeManifest = (target: Target, ids: BackupIds): Promise<void> => target.remove(manifestObject(ids));

/** The backups of one server, in order of id. Throws `archive.damaged` at the first that cannot be read. */
export async function* listManifests(
  target: Target,
  key: Uint8Array,
  projectId: string,
  serverId: string,
): AsyncGenerator<Manifest, void, undefined> {
  for await (const object of target.list(backupsPrefix({ projectId, serverId }))) {
    const ids = parseManifestObject(object);
    const manifest = ids && (await findManifest(target, ids, key));
    // Undefined: it was removed since it was listed.
    if (manifest) yield manifest;
  }
}

/** Either a manifest, or why it cannot be read: one bad backup must not hide the others. */
export type FoundManifest =
  | { object: string; ids: BackupIds; manifest: Manifest }
  | { object: string; ids: BackupIds; error: RewindError };

/** All backups on the target, in order of name: how a catalogue is rebuilt. Target errors are thrown. */
export async function* allManifests(target: Target, key: Uint8Array): AsyncGenerator<FoundManifest, void, undefined> {
  for await (const object of target.list(PROJECTS_PREFIX)) {
    const ids = parseManifestObject(object);
    if (ids === undefined) continue;
    try {
      const manifest = await findManifest(target, ids, key);
      if (manifest) yield { object, ids, manifest };
    } catch (error) {
      if (!hasCode(error, 'archive.damaged')) throw error;
      yield { object, ids, error: error as RewindError };
    }
  }
}

/** Names of all runs that these backups need: everything else may be swept once it is old enough. */
export function runsNeeded(manifests: Iterable<Manifest>): Set<string> {
  const needed = new Set<string>();
  for (const manifest of manifests) {
    for (const disk of manifest.disks) for (const run of disk.runs) needed.add(run.object);
  }
  return needed;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
