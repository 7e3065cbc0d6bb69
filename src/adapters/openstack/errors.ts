import { type Fault, RewindError, type RewindErrorOptions } from '../../domain/errors.ts';
import type { ServiceName } from './config.ts';
import { type UpstreamError, upstreamError } from './error-text.ts';
import type { HttpAnswer } from './http.ts';

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

/**
 * Nova and Cinder say 400 for many things that are 409 by their meaning. The words are those of Zed:
 * "Volume status must be available or error …", "status must be available or downloading to reserve, but the
 * current status is …", "volume … already attached", "Cannot 'stop' instance … while it is in vm_state …".
 */
const MEANS_CONFLICT =
  /status must be|must be in state|invalid status|already attached|not attached|current status|while it is in|attach_status/i;

/** Who asked: an operator mends what is refused to Rewind, a tenant what is refused to his own token. */
export type Asker = 'rewind' | 'caller';

export function answerError(service: ServiceName, answer: HttpAnswer, asker: Asker): RewindError {
  const said = upstreamError(answer);
  const cause = new Error(`${answer.call} answered ${answer.status}: ${said.text} [${answer.requestId ?? '-'}]`);
  const [code, message, options] = meaning(service, answer.status, said, asker);
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

function meaning(service: ServiceName, status: number, said: UpstreamError, asker: Asker): Meaning {
  const title = TITLES[service];
  const fault: Fault = asker === 'rewind' ? 'errored' : 'failed';
  if (isOverQuota(status, said))
    return [
      'over-quota',
      `${title} refused: the project's quota is used up.`,
      { status: 403, hint: 'Free something or ask for more quota, then try again.' },
    ];
  if (isConflict(service, status, said)) return ['conflict', `${title} refused: ${WRONG_STATE[service]}.`, {}];
  if (status === 404) return ['not-found', `${title} does not know this resource.`, { status: 404 }];
  if (status === 403)
    return ['forbidden', `${title} refused: the right to do this is missing.`, { fault, status: 403 }];
  if (status === 401)
    return ['unauthorized', `${title} did not accept the token.`, { fault, status: asker === 'caller' ? 401 : 500 }];
  if (status >= 400 && status < 500 && status !== 408 && status !== 429)
    return ['bad-request', `${title} did not accept the request.`, { fault: 'errored' }];
  const options: RewindErrorOptions = { fault: 'errored', retry: true, status: 503 };
  return ['unavailable', `${title} gave no usable answer.`, options];
}

/** Cinder: 413 overLimit; Nova: 403 "Quota exceeded for …"; Neutron: 409 OverQuota. */
function isOverQuota(status: number, said: UpstreamError): boolean {
  if (status === 413) return true;
  if (status === 403) return /quota/i.test(said.text);
  return status === 409 && said.kind === 'OverQuota';
}

function isConflict(service: ServiceName, status: number, said: UpstreamError): boolean {
  if (status === 409) return true;
  return status === 400 && (service === 'compute' || service === 'block-storage') && MEANS_CONFLICT.test(said.text);
}
