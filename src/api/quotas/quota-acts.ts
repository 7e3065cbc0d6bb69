import type { Caller } from '../../domain/caller.ts';
import { RewindError } from '../../domain/errors.ts';
import type { Limits } from '../../domain/operations/quota.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { audited } from '../shared/audited.ts';
import { limitsOf } from './limits-of.ts';
import type { ShownLimits } from './show-limits.ts';

const PROJECT = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Administrators see any project's quota, readers that of their own project. Rejects with `forbidden` (403),
 * `project.not-found` (404).
 */
export async function showQuotaSet(deps: ServiceDeps, caller: Caller, projectId: string): Promise<ShownLimits> {
  deps.policy.enforce('vm-backup:quota_sets:show', caller, { project_id: projectId });
  requireProject(projectId);
  return { limits: await limitsOf(deps, projectId), used: await deps.quotas.used(projectId) };
}

/**
 * Omitted fields keep their value. What is used already stays, even above a new limit. The project must be known to
 * Keystone: nobody would notice a limit that was set under a misspelt id. Rejects like `showQuotaSet`, and with
 * `openstack.unavailable` (503).
 */
export function updateQuotaSet(
  deps: ServiceDeps,
  caller: Caller,
  projectId: string,
  limits: Partial<Limits>,
): Promise<Limits> {
  return audited(deps, caller, { action: 'quota_sets:update', resourceType: 'quota_set' }, async (note) => {
    deps.policy.enforce('vm-backup:quota_sets:update', caller, { project_id: projectId });
    note.resourceId = requireProject(projectId);
    if (!(await deps.projects.exists(projectId))) throw noProject();
    await deps.quotas.set(projectId, limits);
    return await limitsOf(deps, projectId);
  });
}

/** Restores the defaults. Rejects like `showQuotaSet`. */
export function deleteQuotaSet(deps: ServiceDeps, caller: Caller, projectId: string): Promise<void> {
  return audited(deps, caller, { action: 'quota_sets:delete', resourceType: 'quota_set' }, async (note) => {
    deps.policy.enforce('vm-backup:quota_sets:delete', caller, { project_id: projectId });
    note.resourceId = requireProject(projectId);
    await deps.quotas.clear(projectId);
  });
}

function requireProject(id: string): string {
  if (PROJECT.test(id)) return id;
  throw noProject();
}

const noProject = (): RewindError => new RewindError('project.not-found');
