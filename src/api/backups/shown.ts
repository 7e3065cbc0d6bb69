import type { Backup } from '../../domain/points/backup.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { progressOf } from '../shared/shown-progress.ts';

export interface ShownBackup extends Backup {
  /** 0–100, of the present work on it. */
  progress: number;
  /** True: other backups build on this one. They stay complete when it is deleted. */
  has_dependent_backups: boolean;
}

/** Number of values in one filter; the stores take 200. */
const CHUNK = 200;
const MAX_DEPENDANTS = 1_000;

type Deps = Pick<ServiceDeps, 'catalogue' | 'operations'>;

/** Two look-ups for a whole page, not two for each backup. */
export async function showBackups(deps: Deps, backups: Backup[]): Promise<ShownBackup[]> {
  const moving = backups.filter((backup) => backup.status === 'creating' || backup.status === 'deleting');
  const progress = await progressOf(
    deps,
    moving.map((backup) => backup.operation_id),
  );
  const bases = await basesAmong(
    deps,
    backups.filter((backup) => backup.status !== 'creating'),
  );
  return backups.map((backup) => ({
    ...backup,
    progress: progress.get(backup.operation_id) ?? (backup.status === 'available' ? 100 : 0),
    has_dependent_backups: bases.has(backup.id),
  }));
}

async function basesAmong(deps: Deps, backups: Backup[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (let at = 0; at < backups.length; at += CHUNK) {
    const values = backups.slice(at, at + CHUNK).map((backup) => backup.id);
    const dependants = await deps.catalogue.listBackups({
      projectId: null,
      filters: [
        { field: 'base_backup_id', op: 'in', values },
        { field: 'status', op: 'eq', values: ['available'] },
      ],
      sort: [],
      limit: MAX_DEPENDANTS,
      marker: null,
    });
    for (const { base_backup_id } of dependants) if (base_backup_id !== null) found.add(base_backup_id);
  }
  return found;
}
