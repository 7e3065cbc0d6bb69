import type { Caller } from '../../domain/caller.ts';
import type { BackupPolicy, PolicyRun } from '../../domain/policies/backup-policy.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { findPolicy } from '../shared/find.ts';
import { type ListRequest, listPage, type Page } from '../shared/paged-list.ts';

/** Rejects with `forbidden` (403), `policy.not-found` (404). */
export const showPolicy = (deps: ServiceDeps, caller: Caller, id: string): Promise<BackupPolicy> =>
  findPolicy(deps, caller, 'vm-backup:policies:show', id);

/** Rejects like `listPage`. */
export const listPolicies = (deps: ServiceDeps, caller: Caller, request: ListRequest): Promise<Page<BackupPolicy>> =>
  listPage(deps, caller, 'vm-backup:policies:list', request, {
    list: (query) => deps.policies.listPolicies(query),
    count: (query) => deps.policies.countPolicies(query),
  });

/** Rejects like `listPage`. */
export const listPolicyRuns = (deps: ServiceDeps, caller: Caller, request: ListRequest): Promise<Page<PolicyRun>> =>
  listPage(deps, caller, 'vm-backup:policies:list', request, {
    list: (query) => deps.policies.listPolicyRuns(query),
    count: (query) => deps.policies.countPolicyRuns(query),
  });
