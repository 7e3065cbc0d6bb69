import type { TokenInfo } from '../../../ports/openstack.ts';
import { type JsonObject, list, object, text } from '../calls/read-json.ts';

/** Keystone's `token` (api-ref "Validate and show information for token") in our form; undefined when it is not one. */
export function tokenInfoFrom(token: JsonObject): TokenInfo | undefined {
  const userId = text(object(token.user).id);
  const expiresAt = text(token.expires_at);
  if (userId === null || expiresAt === null) return undefined;
  return {
    userId,
    userName: text(object(token.user).name) ?? '',
    projectId: text(object(token.project).id),
    roles: names(list(token.roles).map((role) => role.name)),
    methods: names(token.methods),
    expiresAt,
    systemScope: object(token.system).all === true,
    catalogTypes: [...new Set(names(list(token.catalog).map((entry) => entry.type)))],
    accessRules: accessRules(token.application_credential),
    credentialId: text(object(token.application_credential).id),
    trustId: text(object(token['OS-TRUST:trust']).id),
    ofCertificate: 'oauth2_credential' in token,
  };
}

/** Without the key the credential is unrestricted; an empty list allows nothing. */
function accessRules(credential: unknown): TokenInfo['accessRules'] {
  const { access_rules: rules } = object(credential);
  if (rules === undefined || rules === null) return null;
  return list(rules).map((rule) => ({
    method: text(rule.method) ?? '',
    path: text(rule.path) ?? '',
    service: text(rule.service) ?? '',
  }));
}

const names = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
