import { ProcessError } from '../../system/process-error.ts';

/** Not the first python on PATH: that one may not see Debian's packages. */
export const PYTHON = '/usr/bin/python3';

/** True: Python, or Ceph's packages for it, are missing here, and need not be tried again. */
export const isMissing = (error: unknown): boolean =>
  error instanceof ProcessError &&
  (error.exitCode === 127 || (error.exitCode === null && error.signal === null && !error.timedOut));
