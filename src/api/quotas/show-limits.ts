import type { Caller } from '../../domain/caller.ts';
import type { Limits } from '../../domain/operations/quota.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { limitsOf } from './limits-of.ts';

export interface ShownLimits {
  limits: Limits;
  used: Limits;
}

/** For the caller's project. Rejects with `forbidden` (403). */
export async function showLimits(deps: ServiceDeps, caller: Caller): Promise<ShownLimits> {
  const { projectId, userId } = caller;
  deps.policy.enforce('vm-backup:limits:show', caller, { project_id: projectId, user_id: userId });
  return { limits: await limitsOf(deps, projectId), used: await deps.quotas.used(projectId) };
}
