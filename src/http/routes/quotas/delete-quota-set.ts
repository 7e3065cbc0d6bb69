import { route } from '../../route.ts';
import { noAnswer } from '../../schemas/common.ts';

export const deleteQuotaSet = route({
  method: 'delete',
  path: '/v1/quota-sets/{project_id}',
  operationId: 'deleteQuotaSet',
  summary: 'Give a project the default quota again; for administrators',
  mutates: { action: 'quota_sets:delete', resourceType: 'quota_set' },
  answers: { 204: noAnswer },
  async handle(call) {
    await call.services.deleteQuotaSet(call.caller, call.params.project_id ?? '');
    return { status: 204, body: undefined };
  },
});
