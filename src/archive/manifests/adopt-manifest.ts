import { hasCode, RewindError } from '../../domain/errors.ts';
import type { Target } from '../../ports/target.ts';
import { manifestObject, parseRunObject } from '../format/layout.ts';
import { generationOf, type Manifest, openManifest } from './manifest.ts';
import { findStored, type StoredManifest } from './manifests.ts';

/** The manifest that counts now; `written`: it was missing on the target and was written. */
export interface Adopted extends StoredManifest {
  written: boolean;
}

/**
 * Registers a sealed manifest that comes from outside as a backup of this target. The target must have all its runs,
 * with their full size; then a missing manifest is written as it came, byte by byte. If it was superseded there since,
 * the one that superseded it is used.
 * @throws RewindError `archive.damaged` (not sealed with this key), `archive.missing` (a run is not there),
 * `archive.differs` (the target has another manifest of this backup), `target.*`
 */
export async function adoptManifest(target: Target, sealed: Uint8Array, key: Uint8Array): Promise<Adopted> {
  const manifest = openManifest(sealed, key, 'the manifest to be imported');
  const { id: backupId, project_id: projectId, server_id: serverId } = manifest.backup;
  const ids = { projectId, serverId, backupId };
  const there = await findStored(target, ids, key);
  if (there && generationOf(there.manifest) >= generationOf(manifest)) {
    const same = Buffer.from(there.sealed).equals(sealed);
    if (!same && generationOf(there.manifest) === generationOf(manifest)) throw differs();
    await requireRuns(target, there.manifest);
    return { ...there, written: false };
  }
  await requireRuns(target, manifest);
  try {
    await target.put(manifestObject(ids, generationOf(manifest)), once(sealed));
  } catch (error) {
    if (!hasCode(error, 'target.exists')) throw error;
    // Somebody wrote it meanwhile: if it is not the same one, the next look refuses it.
    return adoptManifest(target, sealed, key);
  }
  return { manifest, sealed, written: true };
}

/** Checks sizes only: verify reads everything back. */
export async function requireRuns(target: Pick<Target, 'size'>, manifest: Manifest): Promise<void> {
  for (const run of new Map(manifest.disks.flatMap((disk) => disk.runs.map((one) => [one.object, one]))).values()) {
    if ((await target.size(run.object)) === run.stored_bytes) continue;
    throw new RewindError('archive.missing', 'Data of the backup is missing on the target or has the wrong size.', {
      hint: 'Is this the target that the backup was made on, and mounted?',
    });
  }
}

/**
 * For a caller that checks one backup after the other: the runs of a chain are looked up once, not again for each
 * backup that needs them. Remembers one server at a time, because backups come in the order of their names.
 */
export function sizesOnce(target: Target): Pick<Target, 'size'> {
  const known = new Map<string, Promise<number | undefined>>();
  let server = '';
  return {
    size(object) {
      const of = parseRunObject(object)?.serverId ?? '';
      if (of !== server) known.clear();
      server = of;
      const asked = known.get(object) ?? target.size(object);
      known.set(object, asked);
      return asked;
    },
  };
}

const differs = (): RewindError => new RewindError('archive.differs');

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
