import { route } from '../../route.ts';
import { backupAnswer } from '../../schemas/backup.ts';
import { backupView } from './backup-view.ts';

export const showBackup = route({
  method: 'get',
  path: '/v1/backups/{backup_id}',
  operationId: 'showBackup',
  summary: 'Show a backup',
  answers: { 200: backupAnswer },
  async handle(call) {
    const backup = await call.services.showBackup(call.caller, call.params.backup_id ?? '');
    return { status: 200, body: { backup: backupView(backup, call) } };
  },
});
