import { manifestsOfServer } from '../../../archive/manifests/manifests.ts';
import type { RewindError } from '../../../domain/errors.ts';
import type { Backup } from '../../../domain/points/backup.ts';
import type { Log } from '../../../ports/system.ts';
import type { World } from '../../world.ts';

type Known = Pick<World, 'catalogue' | 'targets' | 'manifestKey'>;

interface Told {
  log: Log;
  before?: () => Promise<void>;
}

export interface ServerOnTarget {
  projectId: string;
  serverId: string;
  target: string;
}

/** Limit of passes: each pass but the last finds a backup that was made on top of a bad one meanwhile. */
const MOST_PASSES = 20;

/**
 * A run may serve many backups: none of them can be restored now, and none may be a base. A backup that is being made
 * needs it as soon as its manifest is there: it is marked too, and ends as bad; so the manifests are read until nothing
 * new is found. A backup operation looks at its base's row after its manifest is written. Resolves to the backups that
 * need the run, whatever their state was before. `before`: called before each change.
 */
export async function markNeeding(
  world: Known,
  place: ServerOnTarget,
  object: string,
  bad: RewindError,
  told: Told,
): Promise<Backup[]> {
  for (let pass = 1; ; pass += 1) {
    const { theirs, marked } = await markOnce(world, place, object, bad, told);
    if (!marked || pass === MOST_PASSES) return theirs;
  }
}

async function markOnce(
  world: Known,
  { projectId, serverId, target }: ServerOnTarget,
  object: string,
  bad: RewindError,
  { log, before }: Told,
): Promise<{ theirs: Backup[]; marked: boolean }> {
  const needing = new Set<string>();
  for await (const found of manifestsOfServer(world.targets.get(target), world.manifestKey, { projectId, serverId })) {
    if ('manifest' in found && found.manifest.disks.some((disk) => disk.runs.some((run) => run.object === object)))
      needing.add(found.ids.backupId);
  }
  const rows = await world.catalogue.backupsOfServer(serverId, projectId);
  const theirs = rows.filter((row) => needing.has(row.id) && row.target === target);
  let marked = false;
  for (const backup of theirs) {
    const coming = backup.status === 'creating' && backup.fail_code === null;
    if (backup.status !== 'available' && !coming) continue;
    await before?.();
    if (coming) await world.catalogue.updateBackup(backup.id, { fail_code: bad.code, fail_reason: bad.message });
    else await markBad(world, backup, bad);
    marked = true;
    log.error('a backup needs a run that is bad', { backup_id: backup.id, object, err: bad });
  }
  return { theirs, marked };
}

export const markBad = (world: Pick<World, 'catalogue'>, { id }: Backup, bad: RewindError): Promise<void> =>
  world.catalogue.updateBackup(id, { status: 'error', fail_code: bad.code, fail_reason: bad.message });
