import type { Caller } from '../../domain/caller.ts';
import type { Backup } from '../../domain/points/backup.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { audited } from '../shared/audited.ts';
import { findBackup } from '../shared/find.ts';
import { backupBusy } from './backup-busy.ts';
import { type ShownBackup, showBackups } from './shown.ts';

/** Omitted fields keep their value; `metadata` is replaced entirely. */
export type BackupChange = Partial<Pick<Backup, 'name' | 'description' | 'metadata' | 'protected'>>;

/** Rejects with `forbidden` (403), `backup.not-found` (404), `backup.busy` (409). */
export function updateBackup(
  deps: ServiceDeps,
  caller: Caller,
  id: string,
  change: BackupChange,
): Promise<ShownBackup> {
  return audited(deps, caller, { action: 'backups:update', resourceType: 'backup', resourceId: id }, async () => {
    const backup = await findBackup(deps, caller, 'vm-backup:backups:update', id);
    if (change.protected === false && backup.protected)
      deps.policy.enforce('vm-backup:backups:unprotect', caller, {
        project_id: backup.project_id,
        user_id: backup.user_id,
      });
    const updated = { ...change, updated_at: new Date(deps.clock.now()).toISOString() };
    // Protection is promised only if nobody has begun to remove the backup, whatever was seen a moment ago.
    if (!change.protected) await deps.catalogue.updateBackup(backup.id, updated);
    else if (!(await deps.catalogue.keepBackup(backup.id, updated))) throw backupBusy();
    return (await showBackups(deps, [{ ...backup, ...updated }]))[0] as ShownBackup;
  });
}
