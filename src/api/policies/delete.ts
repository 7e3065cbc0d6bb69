import type { Caller } from '../../domain/caller.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { audited } from '../shared/audited.ts';
import { dropTrusts } from '../shared/drop-trusts.ts';
import { findPolicy } from '../shared/find.ts';

/**
 * Its backups stay, and no retention removes them any more. Rejects with `forbidden` (403), `policy.not-found` (404).
 */
export function deletePolicy(deps: ServiceDeps, caller: Caller, id: string): Promise<void> {
  return audited(deps, caller, { action: 'policies:delete', resourceType: 'policy', resourceId: id }, async () => {
    const policy = await findPolicy(deps, caller, 'vm-backup:policies:delete', id);
    await deps.policies.removePolicy(policy.id);
    if (policy.trust_id !== null) await dropTrusts(deps, [policy.trust_id]);
  });
}
