import { RewindError } from '../../domain/errors.ts';
import { ProcessError } from '../system/process-error.ts';

const RETRY = { fault: 'errored', retry: true } as const;

/**
 * `rbd` ends with the errno (src/tools/rbd/Shell.cc); 1 is also "bad usage". Its words go to the log, never to a tenant.
 * Anything that is no ProcessError is passed on as it is.
 */
export function cephError(error: unknown): unknown {
  if (!(error instanceof ProcessError)) return error;
  const make = (code: string, message: string, options: { fault?: 'failed' | 'errored'; retry?: boolean } = {}) =>
    new RewindError(`ceph.${code}`, message, { fault: 'errored', ...options, cause: error });
  if (error.timedOut) return make('timeout', 'Ceph did not answer in time.', RETRY);
  if (/couldn't connect|error connecting/i.test(error.stderrTail)) {
    return make('unavailable', 'Ceph cannot be reached.', RETRY);
  }
  switch (error.exitCode) {
    case 1:
      if (/Operation not permitted|\(1\)/.test(error.stderrTail)) return make('forbidden', 'Ceph does not allow this with our key.');
      return make('refused', 'Ceph refused a command.');
    case 2:
      return make('not-found', 'An image or snapshot is not there.');
    case 16:
      return make('busy', 'An image is in use.', { retry: true });
    case 17:
      return make('exists', 'An image or snapshot of this name is there already.');
    case 22:
      return make('invalid', 'Ceph found a command or a stream invalid.');
    case 28:
    case 122:
      return make('full', 'The Ceph pool is full.');
    case 30:
      return make('locked', 'An image is locked by another client.', { retry: true });
    case 39:
      return make('has-snapshots', 'An image has snapshots.');
    case 108:
    case 110:
      return make('timeout', 'Ceph did not answer in time.', RETRY);
    default:
      return make('failed', 'A Ceph command failed.', RETRY);
  }
}
