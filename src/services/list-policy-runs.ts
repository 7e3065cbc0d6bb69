import type { Caller } from '../domain/caller.ts';
import type { PolicyRun } from '../domain/policies/backup-policy.ts';
import type { ServiceDeps } from './deps.ts';
import { type ListRequest, listPage, type Page } from './list.ts';

/** Rejects as `listPage`. */
export const listPolicyRuns = (deps: ServiceDeps, caller: Caller, request: ListRequest): Promise<Page<PolicyRun>> =>
  listPage(deps, caller, 'vm-backup:policies:list', request, {
    list: (query) => deps.policies.listPolicyRuns(query),
    count: (query) => deps.policies.countPolicyRuns(query),
  });
