import { MAX_TOKEN_LENGTH, MAX_VALIDATIONS, MAX_VALIDATIONS_OF_ONE } from '../../api/calls/http-settings.ts';
import { asRewindError, RewindError } from '../../domain/errors.ts';
import type { Identity, TokenInfo } from '../../ports/openstack.ts';
import type { Clock, Log } from '../../ports/system.ts';
import type { TokenCache } from './token-cache.ts';

/**
 * Undefined: not valid. `client`: the client's address. Rejects with `identity.unavailable` (503) when this cannot be
 * found out.
 */
export type ValidateToken = (token: string, allowExpired: boolean, client?: string) => Promise<TokenInfo | undefined>;

/** Printable ASCII without spaces; anything else is not a token, and is not sent on. */
const TOKEN = new RegExp(`^[!-~]{1,${MAX_TOKEN_LENGTH}}$`);

/**
 * Asks the cache, then Keystone; callers who ask the same at the same time share one question. `expires_at` is checked
 * on every use.
 */
export function tokenValidator(deps: { identity: Identity; clock: Clock; log: Log; cache: TokenCache }): ValidateToken {
  const asking = new Map<string, Promise<TokenInfo | undefined>>();
  /** Address → questions. */
  const clients = new Map<string, number>();
  const count = (client: string, by: number): void => {
    const now = (clients.get(client) ?? 0) + by;
    if (now > 0) clients.set(client, now);
    else clients.delete(client);
  };
  const ask = (token: string, allowExpired: boolean, client: string): Promise<TokenInfo | undefined> => {
    const key = `${allowExpired} ${token}`;
    const same = asking.get(key);
    if (same) return same;
    if (asking.size >= MAX_VALIDATIONS || (clients.get(client) ?? 0) >= MAX_VALIDATIONS_OF_ONE)
      return Promise.reject(unavailable('Too many tokens are being checked now.'));
    count(client, 1);
    const answer = deps.identity
      .validateToken(token, allowExpired)
      .catch((error: unknown) => {
        deps.log.error('token could not be validated', { err: asRewindError(error) });
        throw unavailable('The Identity service cannot check tokens now.', error);
      })
      .finally(() => {
        asking.delete(key);
        count(client, -1);
      });
    asking.set(key, answer);
    return answer;
  };

  return async (token, allowExpired, client = '') => {
    if (!TOKEN.test(token)) return undefined;
    let info = deps.cache.get(token);
    if (!info) {
      info = await ask(token, allowExpired, client);
      if (info) deps.cache.put(token, info);
    }
    if (!info || (!allowExpired && !(Date.parse(info.expiresAt) > deps.clock.now()))) return undefined;
    return info;
  };
}

function unavailable(message: string, cause?: unknown): RewindError {
  return new RewindError('identity.unavailable', message, { cause });
}
