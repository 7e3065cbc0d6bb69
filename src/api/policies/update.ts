import type { Caller } from '../../domain/caller.ts';
import type { BackupPolicy } from '../../domain/policies/backup-policy.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { audited } from '../shared/audited.ts';
import { dropTrusts } from '../shared/drop-trusts.ts';
import { findPolicy } from '../shared/find.ts';
import { actFor } from '../shared/on-behalf.ts';
import { policyBackups } from './policy-backups.ts';
import { contentOf, nextRunAt, type PolicyRequest } from './policy-request.ts';
import { MOST_POINTS, type RetentionImpact, retentionImpact } from './retention-impact.ts';

/** Changes that do not affect what the policy does to servers. */
const HARMLESS: readonly string[] = ['name', 'description'];

/**
 * From then on the policy acts for the caller: nobody can have things done in somebody else's name, and saving repairs
 * a policy whose user has left. Omitted fields keep their value, within the parts too. `removes`: what its retention
 * will remove from now on. If an administrator of another project changes it, it keeps its user. Rejects with
 * `forbidden` (403), `policy.not-found` (404), and like `contentOf` and `actFor`.
 */
export function updatePolicy(
  deps: ServiceDeps,
  caller: Caller,
  id: string,
  request: PolicyRequest,
): Promise<{ policy: BackupPolicy; removes: RetentionImpact }> {
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
    const saved = { ...policy, ...change };
    const points = await policyBackups(deps, saved, undefined, MOST_POINTS);
    return { policy: saved, removes: retentionImpact(saved, points, deps.clock.now()) };
  });
}

const isHarmless = (request: PolicyRequest): boolean => Object.keys(request).every((key) => HARMLESS.includes(key));
