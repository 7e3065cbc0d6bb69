import { RewindError } from '../../domain/errors.ts';

const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG'];
const NOT_WRITABLE = ['EACCES', 'EROFS', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ELOOP'];
/** What the same act may survive a little later: the server rebooted, too many files were open. */
const PASSING = ['EIO', 'ESTALE', 'ETIMEDOUT', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENOTCONN', 'EMFILE', 'ENFILE', 'EBUSY'];

/** The errno name of a file system's error (`ENOENT`), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** What the file system said, in the words of the port. RewindErrors and errors of the data pass unchanged. */
export function targetError(target: string, error: unknown): unknown {
  const code = errnoOf(error);
  if (error instanceof RewindError || code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
  if (FULL.includes(code)) return refusal('target.full', `The target ${target} is full.`, error, false);
  if (NOT_WRITABLE.includes(code)) {
    return refusal('target.not-writable', `The target ${target} refuses access.`, error, false);
  }
  if (code === 'EEXIST')
    return refusal('target.exists', 'There is such an object on the target already.', error, false);
  return unavailable(target, error, PASSING.includes(code));
}

export const unavailable = (target: string, cause?: unknown, retry = true): RewindError =>
  refusal('target.unavailable', `The target ${target} does not answer as it should.`, cause, retry);

export const notFound = (cause?: unknown): RewindError =>
  refusal('target.not-found', 'There is no such object on the target.', cause, false);

export const truncated = (): RewindError =>
  refusal('target.truncated', 'An object on the target is shorter than it was.', undefined, false);

function refusal(code: string, message: string, cause: unknown, retry: boolean): RewindError {
  return new RewindError(code, message, { fault: 'errored', retry, cause });
}
