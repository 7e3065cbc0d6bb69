import type { ServiceDeps } from '../api/shared/api-deps.ts';
import type { Caller } from '../domain/caller.ts';
import type { BackupPolicy } from '../domain/policies/backup-policy.ts';

/**
 * The policy's user as they would ask now: with the rights that Keystone gives them now. Rejects with
 * `policy.rights-lost`, `policy.credential-gone`, `openstack.unavailable`, and other errors of Keystone.
 */
async function actingCaller(
  { delegations, ids }: Pick<ServiceDeps, 'delegations' | 'ids'>,
  policy: BackupPolicy,
): Promise<Caller> {
  const { userId, roles, token } =
    policy.trust_id === null
      ? await delegations.byRoles(policy.user_id, policy.project_id, policy.roles, policy.credential_id)
      : await delegations.byTrust(policy.trust_id);
  const request = { requestId: `req-${ids.uuid()}`, globalRequestId: null };
  return { userId, projectId: policy.project_id, roles, methods: [], token, ...request };
}

/** Looks up each policy's rights once during the life of the returned function, which is one look of the scheduler. */
export function actingOnce(deps: Pick<ServiceDeps, 'delegations' | 'ids'>): (policy: BackupPolicy) => Promise<Caller> {
  const asked = new Map<string, Promise<Caller>>();
  return (policy) => {
    const caller = asked.get(policy.id) ?? actingCaller(deps, policy);
    asked.set(policy.id, caller);
    return caller;
  };
}
