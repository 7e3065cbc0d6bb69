import type { BackupChange } from '../../../services/update-backup.ts';
import { route } from '../../route.ts';
import { backupAnswer, updateBackupBody } from '../../schemas/backup.ts';
import { backupView } from './backup-view.ts';

export const updateBackup = route({
  method: 'patch',
  path: '/v1/backups/{backup_id}',
  operationId: 'updateBackup',
  summary: 'Change name, description or metadata of a backup, or protect it',
  mutates: { action: 'backups:update', resourceType: 'backup' },
  body: updateBackupBody,
  answers: { 200: backupAnswer },
  async handle(call) {
    const change = Object.fromEntries(
      Object.entries(call.body.backup).filter(([, value]) => value !== undefined),
    ) as BackupChange;
    const backup = await call.services.updateBackup(call.caller, call.params.backup_id ?? '', change);
    return { status: 200, body: { backup: backupView(backup, call) } };
  },
});
