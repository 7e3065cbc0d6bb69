import { RewindError } from '../../domain/errors.ts';
import { exists, full, notWritable, unavailable } from './target-errors.ts';

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
  if (FULL.includes(code)) return full(target, error);
  if (NOT_WRITABLE.includes(code)) return notWritable(target, error);
  if (code === 'EEXIST') return exists(error);
  return unavailable(target, error, PASSING.includes(code));
}
