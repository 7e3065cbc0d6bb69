import type { BackupPolicy } from '../domain/backup-policy.ts';
import type { Caller } from '../domain/caller.ts';
import { audited } from './audited.ts';
import type { ServiceDeps } from './deps.ts';
import { dropTrusts } from './drop-trusts.ts';
import { findPolicy } from './find.ts';
import { actFor } from './on-behalf.ts';
import { contentOf, nextRunAt, type PolicyRequest } from './policy-request.ts';

/** What changes nothing of what the policy does to servers. */
const HARMLESS: readonly string[] = ['name', 'description'];

/**
 * From then on the policy acts for the caller: nobody can have things done in somebody else's name, and a policy whose
 * user has left is mended by being saved. An administrator of another project changes it without that. Rejects with
 * `forbidden` (403), `policy.not-found` (404), and as `contentOf` and `actFor`.
 */
export function updatePolicy(
  deps: ServiceDeps,
  caller: Caller,
  id: string,
  request: PolicyRequest,
): Promise<BackupPolicy> {
  return audited(deps, caller, { action: 'policies:update', resourceType: 'policy', resourceId: id }, async () => {
    const policy = await findPolicy(deps, caller, 'vm-backup:policies:update', id);
    const content = await contentOf(deps, caller, request, policy);
    const takesOver = caller.projectId === policy.project_id && content.enabled && !isHarmless(request);
    const acting = takesOver ? { ...(await actFor(deps, caller)), fail_code: null, fail_reason: null } : {};
    const rescheduled = request.schedule !== undefined || content.enabled !== policy.enabled;
    const change: Partial<BackupPolicy> = {
      ...content,
      ...acting,
      ...(rescheduled && { next_run_at: nextRunAt(deps, content) }),
      updated_at: new Date(deps.clock.now()).toISOString(),
    };
    try {
      await deps.policies.updatePolicy(policy.id, change);
    } catch (error) {
      if (change.trust_id) await dropTrusts(deps, [change.trust_id]);
      throw error;
    }
    if (policy.trust_id !== null && takesOver) await dropTrusts(deps, [policy.trust_id]);
    return { ...policy, ...change };
  });
}

const isHarmless = (request: PolicyRequest): boolean => Object.keys(request).every((key) => HARMLESS.includes(key));
