import type { Limits } from '../../../domain/operations/quota.ts';
import { route } from '../../route.ts';
import { quotaSetAnswer, updateQuotaSetBody } from '../../schemas/quota.ts';

export const updateQuotaSet = route({
  method: 'put',
  path: '/v1/quota-sets/{project_id}',
  operationId: 'updateQuotaSet',
  summary: 'Set the quota of a project; for administrators',
  mutates: { action: 'quota_sets:update', resourceType: 'quota_set' },
  body: updateQuotaSetBody,
  answers: { 200: quotaSetAnswer },
  async handle(call) {
    const id = call.params.project_id ?? '';
    const change = Object.fromEntries(
      Object.entries(call.body.quota_set).filter(([, value]) => value !== undefined),
    ) as Partial<Limits>;
    const limits = await call.services.updateQuotaSet(call.caller, id, change);
    return { status: 200, body: { quota_set: { id, ...limits } } };
  },
});
