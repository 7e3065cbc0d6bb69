import type { Caller } from '../../domain/caller.ts';
import { hasCode } from '../../domain/errors.ts';
import { holdsOf } from '../../domain/operations/holds.ts';
import type { Backup } from '../../domain/points/backup.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { audited } from '../shared/audited.ts';
import { conflict, errorOf } from '../shared/conflict.ts';
import { findBackup } from '../shared/find.ts';
import { newOperation } from '../shared/new-operation.ts';
import { submit } from '../shared/submit.ts';
import { backupBusy } from './backup-busy.ts';
import { type ShownBackup, showBackups } from './shown.ts';

/**
 * A backup that is being deleted already is no conflict: the answer names the operation that does it. Rejects with
 * `forbidden` (403), `backup.not-found` (404), `backup.busy`, `backup.protected` (409), and what `submit` rejects with.
 */
export function deleteBackup(deps: ServiceDeps, caller: Caller, id: string): Promise<ShownBackup> {
  return audited(deps, caller, { action: 'backups:delete', resourceType: 'backup', resourceId: id }, async (note) => {
    const backup = await findBackup(deps, caller, 'vm-backup:backups:delete', id);
    if (backup.status === 'creating') throw backupBusy();
    if (backup.protected) throw isProtected();
    const deleting = backup.status === 'deleting' ? backup : await begin(deps, caller, backup);
    note.operationId = deleting.operation_id;
    return (await showBackups(deps, [deleting]))[0] as ShownBackup;
  });
}

const isProtected = () => errorOf(conflict('backup.protected', 'The backup is protected.'));

async function begin(deps: ServiceDeps, caller: Caller, backup: Backup): Promise<Backup> {
  const operation = newOperation(deps, caller, {
    id: deps.ids.uuid(),
    workflow: 'delete-backup/1',
    projectId: backup.project_id,
    resourceType: 'backup',
    resourceId: backup.id,
    input: { backup_id: backup.id },
  });
  const change = { status: 'deleting' as const, operation_id: operation.id, updated_at: operation.created_at };
  const holds = holdsOf(operation.workflow, { serverId: backup.server_id, backupId: backup.id });
  try {
    await submit(deps, { operation, backupChange: { id: backup.id, change }, holds });
  } catch (error) {
    // Somebody else's request to delete it may have been faster.
    const busy = hasCode(error, 'server.busy') || hasCode(error, 'backup.busy');
    const now = busy ? await deps.catalogue.backup(backup.id, backup.project_id) : undefined;
    if (now?.status === 'deleting') return now;
    throw error;
  }
  return { ...backup, ...change };
}
