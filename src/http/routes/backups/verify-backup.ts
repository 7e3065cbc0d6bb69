import { route } from '../../route.ts';
import { emptyBody, operationAnswer } from '../../schemas/operation.ts';
import { operationView } from '../operations/operation-view.ts';

export const verifyBackup = route({
  method: 'post',
  path: '/v1/backups/{backup_id}/verify',
  operationId: 'verifyBackup',
  summary: 'Read a backup back and check every hash; the answer is the operation that does it',
  mutates: { action: 'backups:verify', resourceType: 'backup' },
  body: emptyBody,
  answers: { 202: operationAnswer },
  async handle(call) {
    const operation = await call.services.verifyBackup(call.caller, call.params.backup_id ?? '');
    return {
      status: 202,
      body: { operation: operationView(operation, call) },
      location: call.urls.to(`/v1/operations/${operation.id}`),
    };
  },
});
