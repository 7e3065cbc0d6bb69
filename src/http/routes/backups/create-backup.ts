import { route } from '../../route.ts';
import { backupAnswer, createBackupBody } from '../../schemas/backup.ts';
import { backupView } from './backup-view.ts';

export const createBackup = route({
  method: 'post',
  path: '/v1/backups',
  operationId: 'createBackup',
  summary: 'Back up a server with all its disks',
  mutates: { action: 'backups:create', resourceType: 'backup' },
  body: createBackupBody,
  answers: { 202: backupAnswer },
  async handle(call) {
    const { backup: wanted } = call.body;
    const backup = await call.services.createBackup(call.caller, {
      server_id: wanted.server_id,
      name: wanted.name ?? null,
      description: wanted.description ?? null,
      incremental: wanted.incremental ?? null,
      consistency: wanted.consistency ?? 'best',
      target: wanted.target ?? null,
      metadata: wanted.metadata ?? {},
    });
    return {
      status: 202,
      body: { backup: backupView(backup, call) },
      location: call.urls.to(`/v1/backups/${backup.id}`),
    };
  },
});
