import { z } from 'zod';
import { route } from '../../route.ts';
import { operationAnswer } from '../../schemas/operation.ts';
import { operationView } from '../operations/operation-view.ts';

const verifyBody = z
  .strictObject({
    against_source: z.boolean().optional().meta({
      description: 'Compare also with the snap it was made from, which the newest backup of a server has',
    }),
  })
  .optional();

export const verifyBackup = route({
  method: 'post',
  path: '/v1/backups/{backup_id}/verify',
  operationId: 'verifyBackup',
  summary: 'Read a backup back and check every hash; the answer is the operation that does it',
  mutates: { action: 'backups:verify', resourceType: 'backup' },
  body: verifyBody,
  answers: { 202: operationAnswer },
  async handle(call) {
    const operation = await call.services.verifyBackup(call.caller, call.params.backup_id ?? '', {
      againstSource: call.body?.against_source ?? false,
    });
    return {
      status: 202,
      body: { operation: operationView(operation, call) },
      location: call.urls.to(`/v1/operations/${operation.id}`),
    };
  },
});
