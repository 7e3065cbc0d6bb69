import { RewindError } from '../../domain/errors.ts';

/** The port's refusals; `cause` is for the log only. */
export const full = (target: string, cause?: unknown): RewindError =>
  refusal('target.full', `The target ${target} is full.`, cause, false);

export const notWritable = (target: string, cause?: unknown): RewindError =>
  refusal('target.not-writable', `The target ${target} refuses access.`, cause, false);

export const exists = (cause?: unknown): RewindError =>
  refusal('target.exists', 'There is such an object on the target already.', cause, false);

export const unavailable = (target: string, cause?: unknown, retry = true): RewindError =>
  refusal('target.unavailable', `The target ${target} does not answer as it should.`, cause, retry);

export const notFound = (cause?: unknown): RewindError =>
  refusal('target.not-found', 'There is no such object on the target.', cause, false);

export const truncated = (): RewindError =>
  refusal('target.truncated', 'An object on the target is shorter than it was.', undefined, false);

function refusal(code: string, message: string, cause: unknown, retry: boolean): RewindError {
  return new RewindError(code, message, { fault: 'errored', retry, cause });
}
