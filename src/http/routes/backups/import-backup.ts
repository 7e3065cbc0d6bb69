import { route } from '../../route.ts';
import { backupAnswer } from '../../schemas/backup.ts';
import { importBackupBody, MAX_IMPORT_BYTES } from '../../schemas/manifest.ts';
import { backupView } from './backup-view.ts';

export const importBackup = route({
  method: 'post',
  path: '/v1/backups/import',
  operationId: 'importBackup',
  summary: 'Put a backup that lies on a target into the catalogue, by its sealed manifest',
  mutates: { action: 'backups:import', resourceType: 'backup' },
  body: importBackupBody,
  maxBodyBytes: MAX_IMPORT_BYTES,
  answers: { 202: backupAnswer },
  async handle(call) {
    const backup = await call.services.importBackup(call.caller, call.body.backup);
    return {
      status: 202,
      body: { backup: backupView(backup, call) },
      location: call.urls.to(`/v1/backups/${backup.id}`),
    };
  },
});
