import type { Backup } from '../domain/backup.ts';
import type { Caller } from '../domain/caller.ts';
import { audited } from './audited.ts';
import { backupBusy } from './backup-busy.ts';
import type { ServiceDeps } from './deps.ts';
import { findBackup } from './find.ts';
import { type ShownBackup, showBackups } from './shown-backup.ts';

/** What is absent stays; metadata is replaced as a whole. */
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
    // Too late: it is going already.
    if (backup.status === 'deleting' && change.protected) throw backupBusy();
    const updated = { ...change, updated_at: new Date(deps.clock.now()).toISOString() };
    await deps.catalogue.updateBackup(backup.id, updated);
    return (await showBackups(deps, [{ ...backup, ...updated }]))[0] as ShownBackup;
  });
}
