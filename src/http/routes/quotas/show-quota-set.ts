import { readBoolean } from '../../list/filter-value.ts';
import { onlyOnce } from '../../list/read-list-query.ts';
import { route } from '../../route.ts';
import { quotaSetAnswer } from '../../schemas/quota.ts';

export const showQuotaSet = route({
  method: 'get',
  path: '/v1/quota-sets/{project_id}',
  operationId: 'showQuotaSet',
  summary: 'Show the quota of a project; with usage=true what it has, too',
  query: ['usage'],
  answers: { 200: quotaSetAnswer },
  async handle(call) {
    const id = call.params.project_id ?? '';
    const usageToo = readBoolean('usage', onlyOnce(call.query, 'usage') ?? 'false');
    const { limits, used } = await call.services.showQuotaSet(call.caller, id);
    if (!usageToo) return { status: 200, body: { quota_set: { id, ...limits } } };
    const both = (resource: keyof typeof limits) => ({ limit: limits[resource], in_use: used[resource] });
    const inCeph = { snapshot_bytes: both('snapshot_bytes') };
    const usage = { points: both('points'), bytes: both('bytes'), ...inCeph, operations: both('operations') };
    return { status: 200, body: { quota_set: { id, ...usage } } };
  },
});
