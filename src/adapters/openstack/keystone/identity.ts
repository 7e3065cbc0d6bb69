import { RewindError } from '../../../domain/errors.ts';
import type { Identity } from '../../../ports/openstack.ts';
import type { HttpAnswer } from '../calls/http-client.ts';
import { answerError, unavailable } from '../calls/openstack-errors.ts';
import { object } from '../calls/read-json.ts';
import { sendPatiently } from '../calls/retry-call.ts';
import { keystoneUrl, type Session, type SessionParts } from './session.ts';
import { tokenInfoFrom } from './token-info.ts';

/** Printable ASCII without spaces, and no longer than any token: anything else cannot be a token and is not sent on. */
const TOKEN = /^[!-~]{1,8192}$/;

export const isTokenLike = (token: string): boolean => TOKEN.test(token);

/**
 * Validates callers' tokens as keystonemiddleware's auth_token does. Without the access-rules header Keystone rejects
 * every token of an application credential that has such rules; with it, we are obliged to enforce them.
 */
export function identityClient(session: Session, parts: SessionParts): Identity {
  const ask = async (token: string, allowExpired: boolean): Promise<HttpAnswer> => {
    const own = await session.token();
    const url = `${keystoneUrl(parts.config)}/auth/tokens${allowExpired ? '?allow_expired=1' : ''}`;
    const headers = {
      'X-Auth-Token': own.value,
      'X-Subject-Token': token,
      'OpenStack-Identity-Access-Rules': '1',
    };
    const answer = await sendPatiently(parts.http, parts.clock, { service: 'identity', method: 'GET', url, headers });
    if (answer.status === 401) session.invalidate(own.value);
    return answer;
  };

  return {
    async validateToken(token, allowExpired) {
      if (!isTokenLike(token)) return undefined;
      let answer = await ask(token, allowExpired);
      // 401 is about our token, never about the caller's.
      if (answer.status === 401) answer = await ask(token, allowExpired);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw cannotValidate(answer);
      const info = tokenInfoFrom(object(object(answer.json).token));
      if (info !== undefined) return info;
      throw unavailable('identity', new Error(`${answer.call}: no token in the answer`), 'gave no usable answer');
    },
  };
}

/** 401 and 403 are ours to mend; callers must not take them for a fault of their token. */
function cannotValidate(answer: HttpAnswer): RewindError {
  if (answer.status !== 401 && answer.status !== 403) return answerError('identity', answer, 'rewind');
  return new RewindError('openstack.unavailable', 'The Identity service does not let Rewind check tokens.', {
    hint: 'The operator must give the service user the role service or admin.',
    cause: answerError('identity', answer, 'rewind').cause,
    retry: false,
  });
}
