import type { Caller } from '../../domain/caller.ts';
import type { BackupPolicy } from '../../domain/policies/backup-policy.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { audited } from '../shared/audited.ts';
import { dropTrusts } from '../shared/drop-trusts.ts';
import { actFor } from '../shared/on-behalf.ts';
import { contentOf, nextRunAt, type PolicyRequest } from './policy-request.ts';

/** Rejects with `forbidden` (403), `quota.policies` (403), and like `contentOf` and `actFor`. */
export function createPolicy(
  deps: ServiceDeps,
  caller: Caller,
  request: PolicyRequest & Required<Pick<PolicyRequest, 'servers' | 'schedule'>>,
): Promise<BackupPolicy> {
  return audited(deps, caller, { action: 'policies:create', resourceType: 'policy' }, async (note) => {
    const { userId, projectId } = caller;
    deps.policy.enforce('vm-backup:policies:create', caller, { project_id: projectId, user_id: userId });
    const content = await contentOf(deps, caller, request);
    const acting = await actFor(deps, caller);
    const at = new Date(deps.clock.now()).toISOString();
    const policy: BackupPolicy = {
      id: deps.ids.uuid(),
      project_id: projectId,
      ...content,
      ...acting,
      next_run_at: nextRunAt(deps, content),
      ...{ last_run_at: null, retained_at: at, fail_code: null, fail_reason: null },
      ...{ created_at: at, updated_at: at },
    };
    note.resourceId = policy.id;
    try {
      await deps.policies.createPolicy(policy, deps.settings.maxPolicies);
    } catch (error) {
      if (acting.trust_id !== null) await dropTrusts(deps, [acting.trust_id]);
      throw error;
    }
    return policy;
  });
}
