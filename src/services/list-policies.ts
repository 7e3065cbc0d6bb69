import type { Caller } from '../domain/caller.ts';
import type { BackupPolicy } from '../domain/policies/backup-policy.ts';
import type { ServiceDeps } from './deps.ts';
import { type ListRequest, listPage, type Page } from './list.ts';

/** Rejects as `listPage`. */
export const listPolicies = (deps: ServiceDeps, caller: Caller, request: ListRequest): Promise<Page<BackupPolicy>> =>
  listPage(deps, caller, 'vm-backup:policies:list', request, {
    list: (query) => deps.policies.listPolicies(query),
    count: (query) => deps.policies.countPolicies(query),
  });
