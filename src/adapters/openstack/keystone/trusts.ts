import { hasCode, RewindError } from '../../../domain/errors.ts';
import type { Acting, Delegations } from '../../../ports/delegations.ts';
import type { HttpAnswer, HttpRequest } from '../calls/http-client.ts';
import { answerError } from '../calls/openstack-errors.ts';
import { type JsonObject, list, object, text } from '../calls/read-json.ts';
import { sendPatiently } from '../calls/retry-call.ts';
import { keystoneUrl, Session, type SessionParts } from './session.ts';

/** Keystone's ids; nothing else gets into a path. */
const ID = /^[A-Za-z0-9_-]{1,64}$/;

type Ask = Pick<HttpRequest, 'method' | 'body'> & { path: string; token?: string };

/** Keystone's trusts (OS-TRUST), and its role assignments where there can be no trust. */
export function delegationsClient(
  admin: Session,
  tenant: (projectId: string) => Session,
  parts: SessionParts,
): Delegations {
  const ask = async ({ method, path, body, token }: Ask): Promise<HttpAnswer> => {
    const headers = { 'X-Auth-Token': token ?? (await admin.token()).value };
    const url = `${keystoneUrl(parts.config)}/${path}`;
    const request = { service: 'identity', method, url, headers, ...(body !== undefined && { body }) } as const;
    const answer = await sendPatiently(parts.http, parts.clock, request);
    if (answer.status === 401 && token === undefined) admin.invalidate(headers['X-Auth-Token']);
    return answer;
  };
  /** Undefined for 404. */
  const read = async (path: string): Promise<JsonObject | undefined> => {
    let answer = await ask({ method: 'GET', path });
    if (answer.status === 401) answer = await ask({ method: 'GET', path });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw answerError('identity', answer, 'rewind');
    return object(answer.json);
  };

  return {
    async createTrust(token, { userId, projectId, roles }) {
      const trust = {
        ...{ trustor_user_id: userId, trustee_user_id: (await admin.token()).userId, project_id: projectId },
        ...{ impersonation: true, allow_redelegation: false, roles: roles.map((name) => ({ name })) },
      };
      const answer = await ask({ method: 'POST', path: 'OS-TRUST/trusts', body: { trust }, token });
      // 403: there are no trusts from application credentials and the like, or the roles come from a group outside of
      // Keystone.
      if (answer.status === 403 || answer.status === 404) return undefined;
      if (answer.status !== 201) throw answerError('identity', answer, 'caller');
      return text(object(object(answer.json).trust).id) ?? undefined;
    },

    async deleteTrust(trustId) {
      if (!ID.test(trustId)) return;
      const path = `OS-TRUST/trusts/${trustId}`;
      const answer = await ask({ method: 'DELETE', path });
      if (answer.status === 204 || answer.status === 404) return;
      throw answerError('identity', answer, 'rewind');
    },

    async byTrust(trustId) {
      // A new token each time: a stored one would not show that the user's role is gone.
      const session = new Session({ trustId }, parts, (refused) => explain(admin, refused));
      try {
        const token = await session.token();
        return { userId: token.userId, roles: token.roles, token: token.value };
      } catch (error) {
        throw hasCode(error, 'openstack.not-found') ? rightsLost(error) : error;
      }
    },

    async byRoles(userId, projectId, wanted, credentialId) {
      const standing = await standingRoles(read, userId, projectId, wanted);
      const roles = credentialId ? await rolesOfCredential(read, userId, projectId, credentialId, standing) : standing;
      return { userId, roles, token: (await tenant(projectId).token()).value };
    },
  };
}

async function standingRoles(
  read: (path: string) => Promise<JsonObject | undefined>,
  userId: string,
  projectId: string,
  wanted: readonly string[],
): Promise<Acting['roles']> {
  if (!ID.test(userId) || !ID.test(projectId)) throw rightsLost();
  const [user, project] = await Promise.all([read(`users/${userId}`), read(`projects/${projectId}`)]);
  if (object(user?.user).enabled !== true || object(project?.project).enabled !== true) throw rightsLost();
  const query = `effective&include_names=true&user.id=${userId}&scope.project.id=${projectId}`;
  const found = list((await read(`role_assignments?${query}`))?.role_assignments);
  const names = new Set(found.map((one) => text(object(one.role).name)));
  const roles = wanted.filter((role) => names.has(role));
  if (roles.length === 0) throw rightsLost();
  return roles;
}

/**
 * Those roles that the credential has, if it is still valid for the project. Its expiry is measured by this host's
 * clock.
 */
async function rolesOfCredential(
  read: (path: string) => Promise<JsonObject | undefined>,
  userId: string,
  projectId: string,
  credentialId: string,
  standing: readonly string[],
): Promise<Acting['roles']> {
  if (!ID.test(credentialId)) throw credentialGone();
  const credential = object(
    (await read(`users/${userId}/application_credentials/${credentialId}`))?.application_credential,
  );
  // Keystone writes its times in UTC without saying so.
  const expires = text(credential.expires_at)?.replace(/Z?$/, 'Z');
  const isOver = expires !== undefined && !(Date.parse(expires) > Date.now());
  if (credential.id !== credentialId || credential.project_id !== projectId || isOver) throw credentialGone();
  const names = new Set(list(credential.roles).map((role) => text(object(role).name)));
  const roles = standing.filter((role) => names.has(role));
  if (roles.length === 0) throw credentialGone();
  return roles;
}

function credentialGone(): RewindError {
  return new RewindError('policy.credential-gone');
}

/** Keystone answers 401 or 403 both for a wrong password of ours and for a trust that is no longer valid. */
async function explain(admin: Session, refused: RewindError): Promise<RewindError> {
  try {
    await admin.renew();
  } catch (error) {
    if (hasCode(error, 'openstack.unauthorized')) return error as RewindError;
    throw error;
  }
  return rightsLost(refused.cause);
}

function rightsLost(cause?: unknown): RewindError {
  return new RewindError('policy.rights-lost', { cause });
}
