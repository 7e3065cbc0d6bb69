import { fullCode } from '../../domain/errors.ts';
import { holdsOf } from '../../domain/operations/holds.ts';
import { type Backup, saysBad } from '../../domain/points/backup.ts';
import type { PeriodicJob } from '../../periodic/periodic-job.ts';
import type { Catalogue } from '../../ports/stores/catalogue.ts';
import type { Clock, Log } from '../../ports/system.ts';
import { type AskingParts, askOurselves } from '../ask-ourselves.ts';

const LOOK_EVERY_MS = 60_000;
/** Wait after a failure that will not recover soon. */
const TRY_AGAIN_MS = 24 * 3_600_000;
const MOST_AT_ONCE = 200;

export interface RepairBackupsParts extends AskingParts {
  catalogue: Pick<Catalogue, 'listBackups' | 'backupsOfServer'>;
  clock: Clock;
  log: Log;
  /** True: there may be a second copy. */
  manyTargets: boolean;
}

/**
 * Requests the repair of backups that were found bad, if another target may have a copy, or if the snap may still be on
 * the disks, which only a server's newest backup has. Any number of workers may do it: the first request holds the
 * server.
 */
export function repairBackups(parts: RepairBackupsParts): PeriodicJob {
  const tried = new Map<string, number>();
  const look = () => repairOnce(parts, tried);
  return { name: 'repair-backups', after: 'bad backups', everyMs: LOOK_EVERY_MS, look };
}

export async function repairOnce(parts: RepairBackupsParts, tried: Map<string, number>): Promise<void> {
  const { catalogue, clock } = parts;
  const bad = await catalogue.listBackups({
    projectId: null,
    filters: [{ field: 'status', op: 'eq', values: ['error'] }],
    sort: [{ field: 'updated_at', descending: true }],
    limit: MOST_AT_ONCE,
    marker: null,
  });
  for (const backup of bad) {
    if (!saysBad(backup.fail_code) || backup.fail_code === fullCode('archive.key-erased')) continue;
    if (clock.monotonic() < (tried.get(backup.id) ?? Number.NEGATIVE_INFINITY)) continue;
    const [newest] = await catalogue.backupsOfServer(backup.server_id, backup.project_id);
    if (newest?.id !== backup.id && !parts.manyTargets) continue;
    if (await askFor(parts, backup)) tried.set(backup.id, clock.monotonic() + TRY_AGAIN_MS);
  }
}

/** False: another operation holds the server. */
async function askFor(parts: RepairBackupsParts, backup: Backup): Promise<boolean> {
  const plan = {
    workflow: 'repair-backup/1' as const,
    projectId: backup.project_id,
    resourceType: 'backup' as const,
    resourceId: backup.id,
    input: { backup_id: backup.id },
  };
  const holds = holdsOf('repair-backup/1', { serverId: backup.server_id, backupId: backup.id });
  const operation = await askOurselves(parts, plan, () => ({ holds }));
  if (!operation) return false;
  parts.log.info('a bad backup is repaired', { backup_id: backup.id, operation_id: operation.id });
  return true;
}
