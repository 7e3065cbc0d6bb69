import { RewindError } from '../../domain/errors.ts';

/** The port's refusals; `cause` is for the log only. */
export const full = (target: string, cause?: unknown): RewindError =>
  refusal('target.full', `The target ${target} is full.`, cause, false);

/** A cause that is known: `code` behind `target.`, and the words behind "The target x ". */
export const refused = (
  target: string,
  [code, words, retry, hint]: readonly [code: string, words: string, retry: boolean, hint: string],
  cause: unknown,
): RewindError => refusal(`target.${code}`, `The target ${target} ${words}`, cause, retry, { hint });

export const exists = (cause?: unknown): RewindError =>
  refusal('target.exists', 'There is such an object on the target already.', cause, false);

export const unavailable = (target: string, cause?: unknown, retry = true): RewindError =>
  refusal('target.unavailable', `The target ${target} does not answer as it should.`, cause, retry);

export const notFound = (cause?: unknown): RewindError =>
  refusal('target.not-found', 'There is no such object on the target.', cause, false);

export const truncated = (): RewindError =>
  refusal('target.truncated', 'An object on the target is shorter than it was.', undefined, false);

export const noHardLinks = (target: string, cause?: unknown): RewindError =>
  refusal('target.no-hard-links', `The file system of target ${target} does not make hard links.`, cause, false, {
    hint: 'Objects get their names by links, so that nothing is ever overwritten: use NFS or a local file system.',
  });

export const versioned = (target: string): RewindError =>
  refusal('target.versioned', `The bucket of target ${target} keeps versions.`, undefined, false, {
    hint: 'Such a bucket takes a name twice and frees nothing that is deleted: use one without versioning.',
  });

export const overwrites = (target: string): RewindError =>
  refusal('target.overwrites', `The server of target ${target} overwrites what is there.`, undefined, false, {
    hint: 'It must know If-None-Match: * in PutObject.',
  });

export const clockOff = (target: string, cause?: unknown): RewindError =>
  refusal('target.clock', `The clocks of this host and of target ${target} are too far apart.`, cause, false, {
    hint: 'Set the clock of the worker, or of the server of the bucket (NTP).',
  });

export const noBucket = (target: string, cause?: unknown): RewindError =>
  refusal('target.no-bucket', `The bucket of target ${target} is not there.`, cause, false, {
    hint: 'Make it, without versioning, or mend `bucket` and `endpoint` in the settings.',
  });

function refusal(
  code: string,
  message: string,
  cause: unknown,
  retry: boolean,
  more: { hint?: string } = {},
): RewindError {
  return new RewindError(code, message, { fault: 'errored', retry, cause, ...more });
}
