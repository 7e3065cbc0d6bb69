import { RewindError } from '../../domain/errors.ts';
import type { TokenInfo } from '../../ports/openstack.ts';
import { allowedByAccessRules } from './access-rules.ts';
import type { ValidateToken } from './validate-token.ts';

export interface Credentials {
  /** X-Auth-Token */
  token: string | undefined;
  /** X-Service-Token */
  serviceToken: string | undefined;
  /** The client's address. */
  client: string;
  method: string;
  /** The request's path, with and without our prefix. */
  paths: readonly string[];
}

export interface AuthSettings {
  serviceType: string;
  serviceTokenRoles: readonly string[];
}

/** A token for one project, with that project's id. */
export type ProjectToken = TokenInfo & { projectId: string };

/**
 * Establishes who asks, as keystonemiddleware's auth_token does, service tokens with `service_token_roles_required`.
 * Rejects with `unauthorized` (401), `scope.not-project` (403), `identity.unavailable` (503).
 */
export async function authenticate(
  validate: ValidateToken,
  request: Credentials,
  settings: AuthSettings,
): Promise<ProjectToken> {
  const service = await serviceVouches(validate, request, settings);
  if (request.token === undefined) throw unauthorized();
  // Only a caller with a service's role may vouch for an expired token.
  const info = await validate(request.token, service, request.client);
  if (!info || info.ofCertificate) throw unauthorized();
  // A chain of services acts for the users in ways that their credential's rules never mention.
  if (!service && !allowedByAccessRules(info, request, settings.serviceType)) throw unauthorized();
  if (info.systemScope || info.projectId === null) throw notProject();
  return { ...info, projectId: info.projectId };
}

async function serviceVouches(
  validate: ValidateToken,
  { serviceToken: token, client }: Credentials,
  settings: AuthSettings,
): Promise<boolean> {
  if (token === undefined) return false;
  const info = await validate(token, false, client);
  if (info?.ofCertificate || !info?.roles.some((role) => settings.serviceTokenRoles.includes(role)))
    throw unauthorized();
  return true;
}

const unauthorized = (): RewindError => new RewindError('unauthorized');

function notProject(): RewindError {
  return new RewindError('scope.not-project');
}
