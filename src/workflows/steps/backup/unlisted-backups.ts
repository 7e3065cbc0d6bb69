import { manifestObject } from '../../../archive/format/layout.ts';
import { type Manifest, openManifest } from '../../../archive/manifests/manifest.ts';
import { runsNeeded } from '../../../archive/manifests/manifests.ts';
import { hasCode } from '../../../domain/errors.ts';
import { type Backup, saysBad } from '../../../domain/points/backup.ts';
import type { World } from '../../world.ts';
import type { ServerOnTarget } from './mark-bad.ts';

export interface UnlistedNeeds {
  /** Runs that they need, as far as is known. */
  runs: ReadonlySet<string>;
  /** The manifest of one of which nothing is known but that it is there; null: there is none. */
  unknown: string | null;
}

/**
 * What backups need that the catalogue has and that a target's listing passed over. A store may list less than it has (a
 * bucket's index after a reshard, a directory over a network, a manifest that somebody lost): what is only not seen must
 * not be taken for gone where something is removed for it. `listed`: ids of backups whose manifests were read.
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
    // Sealed with an earlier key.
    if (hasCode(error, 'archive.damaged')) return undefined;
    throw error;
  }
}

/** One that is being made has its runs held; one that never was there needs none. */
const mayBeThere = ({ status, fail_code }: Backup): boolean =>
  status === 'available' || status === 'deleting' || (status === 'error' && saysBad(fail_code));
