import { ProcessError } from '../../system/process-error.ts';

/** Not the first python of PATH: that one need not know Debian's packages. */
export const PYTHON = '/usr/bin/python3';

/** Python, or Ceph's packages for it, are not here: they need not be tried again. */
export const isMissing = (error: unknown): boolean =>
  error instanceof ProcessError &&
  (error.exitCode === 127 || (error.exitCode === null && error.signal === null && !error.timedOut));
