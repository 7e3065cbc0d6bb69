import type { z } from 'zod';
import { route } from '../../route.ts';
import { backupAnswer, copyBackupBody } from '../../schemas/backup.ts';
import { backupView } from './backup-view.ts';

export const copyBackup = route<z.output<typeof copyBackupBody>>({
  method: 'post',
  path: '/v1/backups/{backup_id}/copies',
  operationId: 'copyBackup',
  summary: 'Copy a backup to another target; the copy is a backup of its own',
  mutates: { action: 'backups:copy', resourceType: 'backup' },
  body: copyBackupBody,
  answers: { 202: backupAnswer },
  async handle(call) {
    const { target, name = null, description = null, metadata = null } = call.body.copy;
    const request = { target, name, description, metadata };
    const backup = await call.services.copyBackup(call.caller, call.params.backup_id ?? '', request);
    return {
      status: 202,
      body: { backup: backupView(backup, call) },
      location: call.urls.to(`/v1/backups/${backup.id}`),
    };
  },
});
