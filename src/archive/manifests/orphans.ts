import type { Target } from '../../ports/target.ts';
import {
  type BackupIds,
  parseManifestObject,
  parseRunObject,
  type ServerPlace,
  serverPrefix,
} from '../format/layout.ts';
import type { Manifest } from './manifest.ts';
import { manifestsOfServer, runsNeeded } from './manifests.ts';

/** Objects on a target that lie in a server's folder and belong to none of its backups. */
export interface Orphans {
  /** Runs that no manifest names. Empty where a manifest cannot be read, because nobody knows what it needs. */
  runs: string[];
  /** Name of the manifest that cannot be read. */
  unreadable: string | null;
  /** Backups that have manifests below the highest generation. */
  superseded: BackupIds[];
  /** Ids of the backups whose manifests were read. */
  backups: ReadonlySet<string>;
}

/**
 * References are read from manifests, never counted. Objects are listed before manifests are read: so a run that gets
 * its manifest in between is no orphan.
 */
export async function orphansOf(target: Target, key: Uint8Array, place: ServerPlace): Promise<Orphans> {
  const runs: string[] = [];
  const seen = new Map<string, number>();
  const superseded: BackupIds[] = [];
  for await (const object of target.list(serverPrefix(place))) {
    if (parseRunObject(object)) runs.push(object);
    const manifest = parseManifestObject(object);
    if (!manifest) continue;
    const { generation: _, ...ids } = manifest;
    const before = seen.get(ids.backupId) ?? 0;
    seen.set(ids.backupId, before + 1);
    if (before === 1) superseded.push(ids);
  }
  const manifests: Manifest[] = [];
  const backups = new Set<string>();
  for await (const found of manifestsOfServer(target, key, place)) {
    if ('error' in found) return { runs: [], unreadable: found.object, superseded, backups };
    manifests.push(found.manifest);
    backups.add(found.ids.backupId);
  }
  const needed = runsNeeded(manifests);
  return { runs: runs.filter((run) => !needed.has(run)), unreadable: null, superseded, backups };
}
