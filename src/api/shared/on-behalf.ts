import type { Caller } from '../../domain/caller.ts';
import { hasCode, RewindError } from '../../domain/errors.ts';
import type { BackupPolicy } from '../../domain/policies/backup-policy.ts';
import type { ServiceDeps } from './api-deps.ts';

/** Keystone makes no trusts with these any more; an older one might, but should not. */
const NO_TRUSTS = ['application_credential', 'oauth1', 'ec2credential'];

/** A policy must be allowed to do this. */
const NEEDED = ['vm-backup:backups:create', 'vm-backup:backups:delete'] as const;

/**
 * How a policy will act for its caller when they are away: by a trust, which is made with their token, and the token is
 * not kept; where Keystone makes none (application credentials), by a look before each run at the caller's roles, which
 * must exist now, and at the credential, which must not be gone. Rejects with `forbidden` (403),
 * `policy.no-standing-role` (403), and `policy.delegated-token` (403) for a token that was issued by a trust: the
 * policy would go on in the trustor's name after that trust is gone.
 */
export async function actFor(
  deps: ServiceDeps,
  caller: Caller,
): Promise<Pick<BackupPolicy, 'user_id' | 'acts_by' | 'trust_id' | 'credential_id' | 'roles'>> {
  if (caller.trustId) throw delegated();
  const roles = rolesFor(deps, caller);
  const { userId, projectId } = caller;
  const mayTrust = !caller.methods.some((method) => NO_TRUSTS.includes(method));
  const of = { userId, projectId, roles };
  const trust_id = mayTrust ? await deps.delegations.createTrust(caller.token, of) : undefined;
  if (trust_id !== undefined) await inMind(deps, trust_id);
  if (trust_id !== undefined) return { user_id: userId, acts_by: 'trust', trust_id, credential_id: null, roles };
  try {
    const credential_id = caller.credentialId ?? null;
    const { roles: standing } = await deps.delegations.byRoles(userId, projectId, caller.roles, credential_id);
    const lasting = rolesFor(deps, { ...caller, roles: standing });
    return { user_id: userId, acts_by: 'roles', trust_id: null, credential_id, roles: lasting };
  } catch (error) {
    if (hasCode(error, 'policy.rights-lost') || hasCode(error, 'forbidden')) throw noStandingRole(error);
    throw error;
  }
}

/** The configured roles where they suffice; otherwise all of the caller's. */
function rolesFor(deps: ServiceDeps, caller: Caller): string[] {
  const target = { project_id: caller.projectId, user_id: caller.userId };
  for (const rule of NEEDED) deps.policy.enforce(rule, caller, target);
  const few = caller.roles.filter((role) => deps.settings.delegatedRoles.includes(role));
  const suffice = NEEDED.every((rule) => deps.policy.allows(rule, { ...caller, roles: few }, target));
  return few.length > 0 && suffice ? few : [...caller.roles];
}

/** Done first: if the process dies now, or cannot save the policy, no unknown trust is left behind. */
async function inMind({ policies, delegations }: ServiceDeps, trustId: string): Promise<void> {
  try {
    await policies.trustMade(trustId);
  } catch (error) {
    await delegations.deleteTrust(trustId).catch(() => undefined);
    throw error;
  }
}

const delegated = (): RewindError => new RewindError('policy.delegated-token');

function noStandingRole(cause: unknown): RewindError {
  return new RewindError('policy.no-standing-role', { cause });
}
