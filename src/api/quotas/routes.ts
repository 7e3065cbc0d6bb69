import type { Limits } from '../../domain/operations/quota.ts';
import { readBoolean } from '../calls/list/filter-value.ts';
import { onlyOnce } from '../calls/list/read-list-query.ts';
import { route } from '../calls/route.ts';
import { noAnswer } from '../calls/schema-parts.ts';
import { limitsAnswer, quotaSetAnswer, updateQuotaSetBody } from './schemas.ts';

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

export const showLimits = route({
  method: 'get',
  path: '/v1/limits',
  operationId: 'showLimits',
  summary: 'Show what the project may have, and what it has',
  answers: { 200: limitsAnswer },
  async handle(call) {
    const { limits, used } = await call.services.showLimits(call.caller);
    const absolute = {
      ...{ maxTotalPoints: limits.points, totalPointsUsed: used.points },
      ...{ maxTotalPointBytes: limits.bytes, totalPointBytesUsed: used.bytes },
      ...{ maxTotalSnapshotBytes: limits.snapshot_bytes, totalSnapshotBytesUsed: used.snapshot_bytes },
      ...{ maxOpenOperations: limits.operations, openOperationsUsed: used.operations },
    };
    return { status: 200, body: { limits: { rate: [], absolute } } };
  },
});

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
