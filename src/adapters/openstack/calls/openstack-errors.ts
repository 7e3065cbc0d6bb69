import type { ChildOf } from '../../../domain/errors/error-catalogue.ts';
import { RewindError } from '../../../domain/errors.ts';
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

/** Who asked: an operator mends what is refused to Rewind, and tenants mend what is refused to their own token. */
export type Asker = 'rewind' | 'caller';

export function answerError(service: ServiceName, answer: HttpAnswer, asker: Asker): RewindError {
  const said = upstreamError(answer);
  const cause = new Error(`${answer.call} answered ${answer.status}: ${said.text} [${answer.requestId ?? '-'}]`);
  return meaning({ service, answer, said, asker, cause });
}

/** No answer, or none that can be understood: nothing is known about what happened at the service. */
export const unavailable = (service: ServiceName, cause: unknown, what = 'did not answer'): RewindError =>
  new RewindError('openstack.unavailable', `${TITLES[service]} ${what}.`, { cause });

export const notFound = (service: ServiceName, cause?: unknown): RewindError =>
  new RewindError('openstack.not-found', `${TITLES[service]} does not know this resource.`, { cause });

interface Heard {
  service: ServiceName;
  answer: HttpAnswer;
  said: UpstreamError;
  asker: Asker;
  cause: Error;
}

function meaning({ service, answer, said, asker, cause }: Heard): RewindError {
  const { status } = answer;
  const title = TITLES[service];
  const ours = asker === 'rewind' && ({ fault: 'errored' } as const);
  if (isRateLimit(status, said)) return tooOften(title, answer, cause);
  const limit = limitOf(status, said);
  if (limit) return overQuota(title, limit, cause);
  const known = knownRefusal(status, said);
  if (known) {
    const { code, words, hint } = known;
    const text = `${title} refused: ${words}`;
    const more = { cause, ...(hint !== undefined && { hint }) };
    return isOfRights(code)
      ? new RewindError(`openstack.${code}`, text, { ...more, ...ours })
      : new RewindError(`openstack.${code}`, text, more);
  }
  if (status === 409)
    return new RewindError('openstack.conflict', `${title} refused: ${WRONG_STATE[service]}.`, { cause });
  if (status === 404) return notThere(service, said, cause);
  if (status === 403)
    return new RewindError('openstack.forbidden', `${title} refused: the right to do this is missing.`, {
      ...ours,
      cause,
    });
  if (status === 401) {
    const more = asker === 'rewind' && ({ fault: 'errored', status: 500 } as const);
    return new RewindError('openstack.unauthorized', `${title} did not accept the token.`, { ...more, cause });
  }
  if (status === 501)
    return new RewindError('openstack.bad-request.not-supported', `${title} cannot do this.`, { cause });
  if (status === 507)
    return new RewindError('openstack.no-backend', `${title} refused: its store has no room.`, {
      fault: 'errored',
      cause,
    });
  if (status >= 400 && status < 500 && status !== 408)
    return new RewindError(
      'openstack.bad-request',
      `${title} did not accept the request, for a reason that is not known here.`,
      { cause },
    );
  return unavailable(service, cause, 'gave no usable answer');
}

/** Whose rights are missing depends on who asked. */
const isOfRights = <C extends string>(code: C): code is Extract<C, 'forbidden.trust' | 'forbidden.external-network'> =>
  code.startsWith('forbidden.');

/** Nova and Cinder call it `overLimit`, like a quota. */
const isRateLimit = (status: number, { text }: UpstreamError): boolean =>
  status === 429 || (status === 413 && /rate.?limit/i.test(text));

function tooOften(title: string, { headers }: HttpAnswer, cause: unknown): RewindError {
  const seconds = /^\d{1,6}$/.exec(headers['retry-after'] ?? '')?.[0];
  const hint = `Fewer at a time, or a higher limit there${seconds === undefined ? '' : `; it asks to wait ${seconds} s`}.`;
  const words = `${title} refused: it limits how many requests it answers.`;
  return new RewindError('openstack.unavailable.rate-limited', words, { hint, cause });
}

/**
 * Cinder: 413 overLimit; Nova: 403 "Quota exceeded for …"; Neutron: 409 OverQuota. A policy whose name mentions quotas
 * is no limit, and 413 may only mean too long.
 */
function limitOf(status: number, said: UpstreamError): ReturnType<typeof namedLimit> {
  if (![400, 403, 409, 413].includes(status) || isField(said) || isPolicy(said)) return undefined;
  const named = namedLimit(`${said.kind ?? ''} ${said.text}`);
  if (named || status !== 413) return named;
  return said.kind === 'overLimit' && !knownRefusal(status, said) ? SOME_LIMIT : undefined;
}

function overQuota(title: string, limit: NamedLimit | typeof SOME_LIMIT, cause: unknown): RewindError {
  const { code, words, most } = limit;
  if (code === null)
    return new RewindError('openstack.over-quota', `${title} refused: the project's quota is used up.`, { cause });
  const named = most === null ? words : `${words} (${most})`;
  return new RewindError(`openstack.over-quota.${code}`, `${title} refused: the limit of ${named} is used up.`, {
    details: { limit: code },
    cause,
  });
}

/** The order of the words differs: `Volume type x could not be found.`, `Security group x does not exist`. */
const THINGS =
  /\b(volume type|security group|server group|availability zone|key ?pair|floating ?ip|image|flavor|network|subnet|port|snapshot|volume|instance|project|user|trust)\b/i;

function notThere(service: ServiceName, { text }: UpstreamError, cause: unknown): RewindError {
  const thing = thingIn(text);
  if (thing === undefined || !/not be found|not found|not exist/i.test(text)) return notFound(service, cause);
  const words = `${TITLES[service]} does not know this ${thing.replace('-', ' ')}.`;
  return new RewindError(`openstack.not-found.${thing}`, words, { cause });
}

function thingIn(text: string): ChildOf<'openstack.not-found'> | undefined {
  const said = THINGS.exec(text)?.[1]?.toLowerCase().replace(' ', '-');
  return said === undefined ? undefined : (SAME_THING[said] ?? (said as ChildOf<'openstack.not-found'>));
}

const SAME_THING: Readonly<Record<string, ChildOf<'openstack.not-found'>>> = {
  instance: 'server',
  keypair: 'key-pair',
  floatingip: 'floating-ip',
};
