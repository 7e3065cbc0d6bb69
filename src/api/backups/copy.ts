import type { Caller } from '../../domain/caller.ts';
import { holdsOf } from '../../domain/operations/holds.ts';
import type { Backup } from '../../domain/points/backup.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { audited } from '../shared/audited.ts';
import { conflict, errorOf } from '../shared/conflict.ts';
import { findBackup } from '../shared/find.ts';
import { newOperation } from '../shared/new-operation.ts';
import { submit } from '../shared/submit.ts';
import { targetFor } from '../shared/usable-targets.ts';
import { backupBusy } from './backup-busy.ts';
import { type ShownBackup, showBackups } from './shown.ts';

interface CopyBackupRequest {
  target: string;
  /** Null: the backup's name. */
  name: string | null;
  description: string | null;
  metadata: Record<string, string> | null;
}

/**
 * Rejects with `forbidden` (403), `backup.not-found` (404), `target.unknown`, `target.same` (400), `backup.busy`,
 * `backup.wrong-state` (409), and what `submit` rejects with.
 */
export function copyBackup(
  deps: ServiceDeps,
  caller: Caller,
  id: string,
  request: CopyBackupRequest,
): Promise<ShownBackup> {
  return audited(deps, caller, { action: 'backups:copy', resourceType: 'backup', resourceId: id }, async (note) => {
    const source = await findBackup(deps, caller, 'vm-backup:backups:copy', id);
    targetFor(deps, source.project_id, request.target);
    if (request.target === source.target)
      throw errorOf(conflict('target.same', 'The backup lies on this target already.'));
    if (source.status === 'creating' || source.status === 'deleting') throw backupBusy();
    if (source.status !== 'available')
      throw errorOf(conflict('backup.wrong-state', 'Only a complete backup can be copied.'));
    const copy = copyOf(deps, caller, source, request);
    const operation = newOperation(deps, caller, {
      id: copy.operation_id,
      workflow: 'copy-backup/1',
      projectId: copy.project_id,
      resourceType: 'backup',
      resourceId: copy.id,
      input: { backup_id: copy.id, source_id: source.id, server_id: copy.server_id, target: copy.target },
    });
    note.operationId = operation.id;
    const holds = holdsOf(operation.workflow, { serverId: source.server_id, backupId: source.id });
    await submit(deps, { operation, backup: copy, holds });
    return (await showBackups(deps, [copy]))[0] as ShownBackup;
  });
}

function copyOf(deps: ServiceDeps, caller: Caller, source: Backup, request: CopyBackupRequest): Backup {
  const at = new Date(deps.clock.now()).toISOString();
  return {
    ...source,
    id: deps.ids.uuid(),
    user_id: caller.userId,
    name: request.name ?? source.name,
    description: request.description ?? source.description,
    metadata: request.metadata ?? source.metadata,
    status: 'creating',
    base_backup_id: null,
    stored_bytes: null,
    target: request.target,
    copy_of: source.id,
    operation_id: deps.ids.uuid(),
    disks: [],
    policy_id: null,
    planned_at: null,
    protected: false,
    created_at: at,
    updated_at: at,
  };
}
