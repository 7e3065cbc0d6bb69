import { RewindError, type RewindErrorOptions } from '../../../domain/errors.ts';
import { ProcessError } from '../../system/process-error.ts';

type Meaning = [code: string, message: string, options?: RewindErrorOptions];

const NOT_FOUND: Meaning = ['ceph.not-found', 'A disk image or snapshot is not there.'];
const FORBIDDEN: Meaning = ['ceph.forbidden', 'The storage does not allow this.'];
const UNAVAILABLE: Meaning = ['ceph.unavailable', 'The storage cannot be reached.', { retry: true }];
const TIMEOUT: Meaning = ['ceph.timeout', 'The storage did not answer in time.', { retry: true }];
const INVALID: Meaning = ['ceph.invalid', 'The storage refused this as invalid.'];
const FULL: Meaning = ['ceph.full', 'The storage is full.'];
const POOL_QUOTA: Meaning = [
  'ceph.full.pool-quota',
  'The quota of the storage pool is used up.',
  { hint: 'Free room in it, or have an operator raise its quota (ceph osd pool set-quota).' },
];
const NO_PROGRAM: Meaning = [
  'ceph.unavailable.no-program',
  'The program rbd cannot be run here.',
  // While its package is being upgraded, the program is missing for a moment.
  { retry: true, hint: 'Install ceph-common on this host.' },
];
const KEYRING: Meaning = [
  'ceph.forbidden.keyring',
  'The storage does not know the key of Rewind.',
  { hint: 'Look at `ceph.user`, its keyring on this host, and `ceph auth get`: see deploy/ceph/caps.md.' },
];
const CONFIGURATION: Meaning = [
  'ceph.unavailable.configuration',
  'The configuration of the storage cannot be read on this host.',
  { hint: 'Look at `ceph.conf` of the settings: it must be there, and readable for the user of the unit.' },
];
const NOT_SUPPORTED: Meaning = [
  'ceph.not-supported',
  'The storage does not know this, or not for such an image.',
  { hint: 'Compare the releases of Ceph on this host and of the cluster, and the features of the image (rbd info).' },
];
const SNAP_LIMIT: Meaning = [
  'ceph.snap-limit',
  'The disk image may have no more snapshots.',
  {
    hint: 'Delete snapshots or backups of it that are not needed, or have an operator raise its limit (rbd snap limit).',
  },
];
const BUSY: Meaning = ['ceph.busy', 'The disk image or snapshot is in use.', { retry: true }];
const FAILED: Meaning = ['ceph.failed', 'The storage reported an error.', { retry: true }];

/** The message does not say which of these it is. */
const NOT_CONNECTED: Meaning = [
  'ceph.unavailable',
  'The storage cannot be reached.',
  { retry: true, hint: 'Are the monitors up? Are `ceph.conf` and the keyring of `ceph.user` on this host?' },
];

/** `rbd` exits with the errno. It also uses 1 for many things that are no errno. */
const OF_STATUS: Record<number, Meaning> = {
  2: NOT_FOUND,
  5: [
    'ceph.failed.io-error',
    'The storage could not read or write its disks.',
    { retry: true, hint: '`ceph health detail` names what is damaged.' },
  ],
  11: BUSY,
  12: ['ceph.failed.memory', 'This host has no memory left.', { retry: true }],
  13: FORBIDDEN,
  16: BUSY,
  17: ['ceph.exists', 'There is a disk image or snapshot of this name already.'],
  22: INVALID,
  24: [
    'ceph.unavailable.open-files',
    'This process has too many files open.',
    { retry: true, hint: 'Raise LimitNOFILE of the unit.' },
  ],
  28: FULL,
  30: ['ceph.locked', 'The disk image is locked by its user.', { retry: true }],
  36: INVALID,
  38: NOT_SUPPORTED,
  39: ['ceph.has-snapshots', 'The disk image has snapshots.'],
  // EBADMSG: the diff is truncated or damaged.
  74: INVALID,
  95: NOT_SUPPORTED,
  // ESHUTDOWN
  108: [
    'ceph.unavailable.blocklisted',
    'The storage has shut this client out.',
    { retry: true, hint: 'It comes back by itself with a new connection; `ceph osd blocklist ls` shows for how long.' },
  ],
  110: TIMEOUT,
  122: POOL_QUOTA,
  // The program itself could not be run.
  126: NO_PROGRAM,
  127: NO_PROGRAM,
};

/**
 * The error that a failed `rbd` means. Anything that is not the end of a process is returned as it is (e.g. an abort's
 * reason).
 */
export function rbdError(error: unknown): unknown {
  if (!(error instanceof ProcessError)) return error;
  const [code, message, options] = meaningOf(error);
  return new RewindError(code, message, { fault: 'errored', ...options, cause: error });
}

function meaningOf(error: ProcessError): Meaning {
  const { exitCode, stderrTail, timedOut } = error;
  if (timedOut) return TIMEOUT;
  if (exitCode === null && error.signal === null) return isNoProgram(error) ? NO_PROGRAM : UNAVAILABLE;
  if (exitCode === null) return FAILED;
  // The message is looked at before the status: a missing keyring or pool exits with 2, like a missing image.
  if (/couldn't connect to the cluster|error connecting to the cluster/i.test(stderrTail)) {
    // Monitors that do not answer are also reported as a failed authentication, which may succeed later.
    if (/timed out|\(110\)/i.test(stderrTail)) return NOT_CONNECTED;
    if (/keyring|handle_auth|authenticat|\(13\) Permission denied|\(1\) Operation not permitted/i.test(stderrTail))
      return KEYRING;
    return /config file|global_init|conf_read_file/i.test(stderrTail) ? CONFIGURATION : NOT_CONNECTED;
  }
  if (/\(1\) Operation not permitted|\(13\) Permission denied/.test(stderrTail)) return FORBIDDEN;
  if (stderrTail.includes('error opening pool') && exitCode === 2) {
    return ['ceph.no-pool', 'A storage pool is not there.'];
  }
  // A quota on the content of a pool has the same number as the limit of an image's snaps.
  if (exitCode === 122 && /creat(e|ing) snapshot/.test(stderrTail)) return SNAP_LIMIT;
  return OF_STATUS[exitCode] ?? FAILED;
}

/** It was never started. Other causes (no memory, too many processes) pass. */
const isNoProgram = ({ cause }: ProcessError): boolean =>
  ['ENOENT', 'EACCES', 'ENOEXEC'].includes(String((cause as { code?: unknown } | undefined)?.code));
