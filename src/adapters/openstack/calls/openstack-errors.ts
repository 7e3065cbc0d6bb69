import { type Fault, RewindError, type RewindErrorOptions } from '../../../domain/errors.ts';
import { type UpstreamError, upstreamError } from './error-text.ts';
import type { HttpAnswer } from './http-client.ts';
import { isField, isPolicy, knownRefusal } from './known-refusals.ts';
import { type NamedLimit, namedLimit, SOME_LIMIT } from './named-limits.ts';
import type { ServiceName } from './openstack-config.ts';

const TITLES: Record<ServiceName, string> = {
  identity: 'The Identity service',
  compute: 'The Compute service',
  'block-storage': 'The Block Storage service',
  image: 'The Image service',
  network: 'The Network service',
};

const WRONG_STATE: Record<ServiceName, string> = {
  identity: 'the state does not allow it',
  compute: "the server's state does not allow it",
  'block-storage': "the volume's status does not allow it",
  image: "the image's status does not allow it",
  network: 'the state does not allow it',
};

/** Who asked: an operator mends what is refused to Rewind, a tenant what is refused to his own token. */
export type Asker = 'rewind' | 'caller';

export function answerError(service: ServiceName, answer: HttpAnswer, asker: Asker): RewindError {
  const said = upstreamError(answer);
  const cause = new Error(`${answer.call} answered ${answer.status}: ${said.text} [${answer.requestId ?? '-'}]`);
  const [code, message, options] = meaning(service, answer, said, asker);
  return new RewindError(`openstack.${code}`, message, { ...options, cause });
}

/** No answer, or none that can be understood: nothing is known about what happened there. */
export function unavailable(service: ServiceName, cause: unknown, what = 'did not answer'): RewindError {
  return new RewindError('openstack.unavailable', `${TITLES[service]} ${what}.`, {
    fault: 'errored',
    retry: true,
    status: 503,
    cause,
  });
}

export function notFound(service: ServiceName): RewindError {
  return new RewindError('openstack.not-found', `${TITLES[service]} does not know this resource.`, { status: 404 });
}

type Meaning = [code: string, message: string, options: RewindErrorOptions];

function meaning(service: ServiceName, answer: HttpAnswer, said: UpstreamError, asker: Asker): Meaning {
  const { status } = answer;
  const title = TITLES[service];
  const fault: Fault = asker === 'rewind' ? 'errored' : 'failed';
  if (isRateLimit(status, said)) return tooOften(title, answer);
  const limit = limitOf(status, said);
  if (limit) return overQuota(title, limit);
  const known = knownRefusal(status, said);
  if (known) {
    const { code, words, options } = known;
    return [code, `${title} refused: ${words}`, { ...ofFamily(code, fault), ...options }];
  }
  if (status === 409) return ['conflict', `${title} refused: ${WRONG_STATE[service]}.`, {}];
  if (status === 404) return notThere(title, said);
  if (status === 403)
    return ['forbidden', `${title} refused: the right to do this is missing.`, { fault, status: 403 }];
  if (status === 401)
    return ['unauthorized', `${title} did not accept the token.`, { fault, status: asker === 'caller' ? 401 : 500 }];
  if (status === 501) return ['bad-request.not-supported', `${title} cannot do this.`, { fault: 'errored' }];
  if (status === 507) return ['no-backend', `${title} refused: its store has no room.`, { fault: 'errored' }];
  if (status >= 400 && status < 500 && status !== 408)
    return ['bad-request', `${title} did not accept the request, for a reason that is not known here.`, UNKNOWN];
  return ['unavailable', `${title} gave no usable answer.`, { fault: 'errored', retry: true, status: 503 }];
}

const UNKNOWN: RewindErrorOptions = {
  fault: 'errored',
  hint: "The operator finds the service's words in the log, under the id of the request.",
};

/** What codes of these families are when nothing else is said: what the general ones are. */
function ofFamily(code: string, fault: Fault): RewindErrorOptions {
  if (code.startsWith('forbidden')) return { fault, status: 403 };
  if (code.startsWith('not-found')) return { status: 404 };
  return code.startsWith('bad-request') ? { fault: 'errored' } : {};
}

/** Nova and Cinder call it `overLimit` as they do a quota. */
const isRateLimit = (status: number, { text }: UpstreamError): boolean =>
  status === 429 || (status === 413 && /rate.?limit/i.test(text));

function tooOften(title: string, { headers }: HttpAnswer): Meaning {
  const seconds = /^\d{1,6}$/.exec(headers['retry-after'] ?? '')?.[0];
  const hint = `Fewer at a time, or a higher limit there${seconds === undefined ? '' : `; it asks to wait ${seconds} s`}.`;
  return [
    'unavailable.rate-limited',
    `${title} refused: it limits how many requests it answers.`,
    { fault: 'errored', retry: true, status: 503, hint },
  ];
}

/**
 * Cinder: 413 overLimit; Nova: 403 "Quota exceeded for …"; Neutron: 409 OverQuota. A policy that is named after quotas is
 * none, and 413 may be nothing but too long.
 */
function limitOf(status: number, said: UpstreamError): NamedLimit | undefined {
  if (![400, 403, 409, 413].includes(status) || isField(said) || isPolicy(said)) return undefined;
  const named = namedLimit(`${said.kind ?? ''} ${said.text}`);
  if (named || status !== 413) return named;
  return said.kind === 'overLimit' && !knownRefusal(status, said) ? SOME_LIMIT : undefined;
}

function overQuota(title: string, { code, words, most }: NamedLimit): Meaning {
  if (words === '')
    return [
      'over-quota',
      `${title} refused: the project's quota is used up.`,
      { status: 403, hint: 'Free something or ask for more quota, then try again. The log has its name.' },
    ];
  const limit = most === null ? words : `${words} (${most})`;
  return [
    `over-quota.${code}`,
    `${title} refused: the limit of ${limit} is used up.`,
    { status: 403, hint: 'Free some of it or ask for more quota, then try again.', details: { limit: code } },
  ];
}

/** In what order the words come differs: `Volume type x could not be found.`, `Security group x does not exist`. */
const THINGS =
  /\b(volume type|security group|server group|availability zone|key ?pair|floating ?ip|image|flavor|network|subnet|port|snapshot|volume|instance|project|user|trust)\b/i;

function notThere(title: string, { text }: UpstreamError): Meaning {
  const thing = THINGS.exec(text)?.[1]?.toLowerCase().replace('instance', 'server');
  if (thing === undefined || !/not be found|not found|not exist/i.test(text))
    return ['not-found', `${title} does not know this resource.`, { status: 404 }];
  return [`not-found.${thing.replace(' ', '-')}`, `${title} does not know this ${thing}.`, { status: 404 }];
}
