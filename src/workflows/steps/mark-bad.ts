import { manifestsOfServer } from '../../archive/manifests.ts';
import type { Backup } from '../../domain/backup.ts';
import type { RewindError } from '../../domain/errors.ts';
import type { Log } from '../../ports/system.ts';
import type { World } from '../world.ts';

type Known = Pick<World, 'catalogue' | 'targets' | 'manifestKey'>;

export interface ServerOnTarget {
  projectId: string;
  serverId: string;
  target: string;
}

/**
 * A run may serve many backups: none of them can be restored now, and none may be a base. Resolves to those that need
 * it, whatever their state was before. `before`: called before each change.
 */
export async function markNeeding(
  world: Known,
  place: ServerOnTarget,
  object: string,
  bad: RewindError,
  { log, before }: { log: Log; before?: () => Promise<void> },
): Promise<Backup[]> {
  const { projectId, serverId, target } = place;
  const needing = new Set<string>();
  for await (const found of manifestsOfServer(world.targets.get(target), world.manifestKey, { projectId, serverId })) {
    if ('manifest' in found && found.manifest.disks.some((disk) => disk.runs.some((run) => run.object === object)))
      needing.add(found.ids.backupId);
  }
  const rows = await world.catalogue.backupsOfServer(serverId, projectId);
  const theirs = rows.filter((row) => needing.has(row.id) && row.target === target);
  for (const backup of theirs) {
    if (backup.status !== 'available') continue;
    await before?.();
    await markBad(world, backup, bad);
    log.error('a backup needs a run that is bad', { backup_id: backup.id, object, err: bad });
  }
  return theirs;
}

export const markBad = (world: Pick<World, 'catalogue'>, { id }: Backup, bad: RewindError): Promise<void> =>
  world.catalogue.updateBackup(id, { status: 'error', fail_code: bad.code, fail_reason: bad.message });
