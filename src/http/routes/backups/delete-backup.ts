import { route } from '../../route.ts';
import { backupAnswer } from '../../schemas/backup.ts';
import { backupView } from './backup-view.ts';

export const deleteBackup = route({
  method: 'delete',
  path: '/v1/backups/{backup_id}',
  operationId: 'deleteBackup',
  summary: 'Delete a backup; backups made as differences to it stay whole',
  mutates: { action: 'backups:delete', resourceType: 'backup' },
  answers: { 202: backupAnswer },
  async handle(call) {
    const backup = await call.services.deleteBackup(call.caller, call.params.backup_id ?? '');
    return {
      status: 202,
      body: { backup: backupView(backup, call) },
      location: call.urls.to(`/v1/backups/${backup.id}`),
    };
  },
});
