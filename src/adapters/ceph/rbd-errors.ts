import { RewindError, type RewindErrorOptions } from '../../domain/errors.ts';
import { ProcessError } from '../system/process-error.ts';

type Meaning = [code: string, message: string, options?: RewindErrorOptions];

const NOT_FOUND: Meaning = ['ceph.not-found', 'A disk image or snapshot is not there.'];
const FORBIDDEN: Meaning = ['ceph.forbidden', 'The storage does not allow this.'];
const UNAVAILABLE: Meaning = ['ceph.unavailable', 'The storage cannot be reached.', { retry: true }];
const TIMEOUT: Meaning = ['ceph.timeout', 'The storage did not answer in time.', { retry: true }];
const INVALID: Meaning = ['ceph.invalid', 'The storage refused this as invalid.'];
const FULL: Meaning = ['ceph.full', 'The storage is full.'];
const SNAP_LIMIT: Meaning = [
  'ceph.snap-limit',
  'The disk image may have no more snapshots.',
  {
    hint: 'Delete snapshots or backups of it that are not needed, or have an operator raise its limit (rbd snap limit).',
  },
];
const BUSY: Meaning = ['ceph.busy', 'The disk image or snapshot is in use.', { retry: true }];
const FAILED: Meaning = ['ceph.failed', 'The storage reported an error.', { retry: true }];

/** `rbd` ends with the errno. 1 is also its word for many things that are no errno. */
const OF_STATUS: Record<number, Meaning> = {
  2: NOT_FOUND,
  13: FORBIDDEN,
  16: BUSY,
  17: ['ceph.exists', 'There is a disk image or snapshot of this name already.'],
  22: INVALID,
  28: FULL,
  30: ['ceph.locked', 'The disk image is locked by its user.', { retry: true }],
  39: ['ceph.has-snapshots', 'The disk image has snapshots.'],
  // EBADMSG: a diff that is cut short or damaged
  74: INVALID,
  // ESHUTDOWN: this client was put on the blocklist
  108: UNAVAILABLE,
  110: TIMEOUT,
  122: FULL,
  // the program itself could not be run
  126: UNAVAILABLE,
  127: UNAVAILABLE,
};

/** What a failed `rbd` means. Anything that is not a process's end comes back as it is (an abort's reason). */
export function rbdError(error: unknown): unknown {
  if (!(error instanceof ProcessError)) return error;
  const [code, message, options] = meaningOf(error);
  return new RewindError(code, message, { fault: 'errored', ...options, cause: error });
}

function meaningOf(error: ProcessError): Meaning {
  const { exitCode, stderrTail, timedOut } = error;
  if (timedOut) return TIMEOUT;
  if (exitCode === null) return error.signal === null ? UNAVAILABLE : FAILED;
  // the words come before the status: a missing keyring or pool ends with 2 as a missing image does
  if (stderrTail.includes("couldn't connect to the cluster")) return UNAVAILABLE;
  if (/\(1\) Operation not permitted|\(13\) Permission denied/.test(stderrTail)) return FORBIDDEN;
  if (stderrTail.includes('error opening pool') && exitCode === 2) {
    return ['ceph.no-pool', 'A storage pool is not there.'];
  }
  // A quota of what a pool holds has the same number as an image's limit of snaps.
  if (exitCode === 122 && /creat(e|ing) snapshot/.test(stderrTail)) return SNAP_LIMIT;
  return OF_STATUS[exitCode] ?? FAILED;
}
