import { manifestObject } from '../../../archive/format/layout.ts';
import { type Manifest, openManifest } from '../../../archive/manifests/manifest.ts';
import { runsNeeded } from '../../../archive/manifests/manifests.ts';
import { hasCode } from '../../../domain/errors.ts';
import { type Backup, saysBad } from '../../../domain/points/backup.ts';
import type { World } from '../../world.ts';
import type { ServerOnTarget } from './mark-bad.ts';

export interface UnlistedNeeds {
  /** Runs that they need, as far as known. */
  runs: ReadonlySet<string>;
  /** Name of a manifest of which only the existence is known; null: there is none. */
  unknown: string | null;
}

/**
 * What backups need that the catalogue has and that a target's listing left out. A store may list less than it has (a
 * bucket's index after a reshard, a directory over a network, a manifest that somebody lost): before anything is
 * removed, unlisted must not be taken for gone. `listed`: ids of backups whose manifests were read.
 */
export async function unlistedNeeds(
  { catalogue, manifestCopies, manifestKey }: Pick<World, 'catalogue' | 'manifestCopies' | 'manifestKey'>,
  { projectId, serverId, target }: ServerOnTarget,
  listed: ReadonlySet<string>,
): Promise<UnlistedNeeds> {
  const runs = new Set<string>();
  let unknown: string | null = null;
  const rows = await catalogue.backupsOfServer(serverId, projectId);
  for (const row of rows.filter((one) => one.target === target && !listed.has(one.id) && mayBeThere(one))) {
    const manifest = opened(await manifestCopies.find(row.id), manifestKey);
    if (manifest) for (const run of runsNeeded([manifest])) runs.add(run);
    else if (row.status === 'available') unknown ??= manifestObject({ projectId, serverId, backupId: row.id });
  }
  return { runs, unknown };
}

function opened(copy: string | undefined, key: Uint8Array): Manifest | undefined {
  try {
    return copy === undefined ? undefined : openManifest(Buffer.from(copy, 'utf8'), key, 'the copy in the database');
  } catch (error) {
    // It was sealed with an earlier key.
    if (hasCode(error, 'archive.damaged')) return undefined;
    throw error;
  }
}

/** A backup that is being made has its runs held; one that never existed needs none. */
const mayBeThere = ({ status, fail_code }: Backup): boolean =>
  status === 'available' || status === 'deleting' || (status === 'error' && saysBad(fail_code));
