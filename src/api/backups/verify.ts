import type { Caller } from '../../domain/caller.ts';
import { holdsOf } from '../../domain/operations/holds.ts';
import type { Operation } from '../../domain/operations/operation.ts';
import { type Backup, saysBad } from '../../domain/points/backup.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { audited } from '../shared/audited.ts';
import { conflict, errorOf } from '../shared/conflict.ts';
import { findBackup } from '../shared/find.ts';
import { newOperation } from '../shared/new-operation.ts';
import { submit } from '../shared/submit.ts';
import { backupBusy } from './backup-busy.ts';

const foundBad = ({ status, fail_code }: Backup): boolean => status === 'error' && saysBad(fail_code);

/**
 * `againstSource`: also compares with the snap from which it was made. Rejects with `forbidden` (403),
 * `backup.not-found` (404), `backup.busy`, `backup.wrong-state` (409), and like `submit`.
 */
export function verifyBackup(
  deps: ServiceDeps,
  caller: Caller,
  id: string,
  { againstSource = false }: { againstSource?: boolean } = {},
): Promise<Operation> {
  return audited(deps, caller, { action: 'backups:verify', resourceType: 'backup', resourceId: id }, async (note) => {
    const backup = await findBackup(deps, caller, 'vm-backup:backups:verify', id);
    if (backup.status === 'creating' || backup.status === 'deleting') throw backupBusy();
    // A backup that verify found bad may be checked again: the target may have been repaired.
    if (backup.status !== 'available' && !foundBad(backup))
      throw errorOf(conflict('backup.wrong-state', 'Only a complete backup can be verified.'));
    const operation = newOperation(deps, caller, {
      id: deps.ids.uuid(),
      workflow: 'verify-backup/1',
      projectId: backup.project_id,
      resourceType: 'backup',
      resourceId: backup.id,
      input: { backup_id: backup.id, against_source: againstSource },
    });
    note.operationId = operation.id;
    const things = { serverId: backup.server_id, backupId: backup.id, readsDisks: againstSource };
    await submit(deps, { operation, holds: holdsOf(operation.workflow, things) });
    return operation;
  });
}
