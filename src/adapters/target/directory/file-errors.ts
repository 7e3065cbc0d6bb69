import { constants } from 'node:os';
import { RewindError } from '../../../domain/errors.ts';
import { exists, refused } from '../target-errors.ts';

/** What a file system says: our code, its words after "The target x ", whether the same act may succeed later, a hint. */
type Meaning = readonly [code: string, words: string, retry: boolean, hint: string];

const ROOM = 'Free room there, or give it more.';
const RIGHTS = 'Its user must own the directory and be able to write there.';
const SERVER = 'Look at the file server and the network; the mount is used again once they are back.';

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOSPC: ['full', 'is full.', false, ROOM],
  EDQUOT: [
    'full.quota',
    'is full: the quota of its user, group or project there is used up.',
    false,
    'Raise that quota, or free room.',
  ],
  EFBIG: [
    'full.file-size',
    'takes no file of this size.',
    false,
    'Use a file system without such a limit; see `ulimit -f`.',
  ],
  EMLINK: ['full.links', 'takes no more entries in one directory.', false, 'Use another file system.'],
  EACCES: ['not-writable', 'refuses access.', false, RIGHTS],
  EPERM: ['not-writable', 'refuses access.', false, RIGHTS],
  EROFS: [
    'not-writable.read-only',
    'is mounted read-only.',
    false,
    'Its file system may have found damage: see the log of the kernel.',
  ],
  ENOTSUP: [
    'not-writable.not-supported',
    'does not know an act that is needed.',
    false,
    'Use NFS 4 or a local file system.',
  ],
  ENOSYS: [
    'not-writable.not-supported',
    'does not know an act that is needed.',
    false,
    'Use NFS 4 or a local file system.',
  ],
  ELOOP: [
    'not-writable.symbolic-link',
    'has a symbolic link where none may be.',
    false,
    'Somebody put it there: remove it.',
  ],
  ENOKEY: [
    'not-writable.no-ticket',
    'refuses access: there is no Kerberos ticket.',
    false,
    'Renew the ticket of the worker.',
  ],
  EKEYEXPIRED: [
    'not-writable.no-ticket',
    'refuses access: the Kerberos ticket has expired.',
    false,
    'Renew the ticket of the worker.',
  ],
  ETXTBSY: ['unavailable.busy', 'is busy.', true, SERVER],
  EBUSY: ['unavailable.busy', 'is busy.', true, SERVER],
  EAGAIN: ['unavailable.busy', 'is busy.', true, SERVER],
  EINTR: ['unavailable.busy', 'is busy.', true, SERVER],
  ENOLCK: ['unavailable.busy', 'has no more locks.', true, SERVER],
  EIO: [
    'unavailable.io-error',
    'cannot read or write its disk.',
    true,
    'See the log of the kernel: a disk or the file server fails.',
  ],
  EREMOTEIO: ['unavailable.io-error', 'cannot read or write its disk.', true, 'See the log of the file server.'],
  EUCLEAN: [
    'unavailable.damaged',
    'has a damaged file system.',
    false,
    'It must be checked and mended before it is used again.',
  ],
  EBADMSG: [
    'unavailable.damaged',
    'has a damaged file system.',
    false,
    'It must be checked and mended before it is used again.',
  ],
  ESTALE: [
    'unavailable.stale',
    'was exported anew since it was mounted.',
    true,
    'When it does not pass by itself: mount it again.',
  ],
  ETIMEDOUT: ['unavailable.file-server', 'does not answer.', true, SERVER],
  EHOSTDOWN: ['unavailable.file-server', 'does not answer.', true, SERVER],
  EHOSTUNREACH: ['unavailable.file-server', 'does not answer.', true, SERVER],
  ENETUNREACH: ['unavailable.file-server', 'does not answer.', true, SERVER],
  ENOTCONN: ['unavailable.file-server', 'is not connected.', true, SERVER],
  ECONNREFUSED: ['unavailable.file-server', 'does not answer.', true, SERVER],
  ECONNRESET: ['unavailable.file-server', 'does not answer.', true, SERVER],
  EMFILE: [
    'unavailable.open-files',
    'cannot be used: this process has too many files open.',
    true,
    'Raise LimitNOFILE of the unit.',
  ],
  ENFILE: ['unavailable.open-files', 'cannot be used: this host has too many files open.', true, 'Raise fs.file-max.'],
  ENOMEM: ['unavailable.memory', 'cannot be used: this host has no memory left.', true, 'Look what uses it.'],
  ENAMETOOLONG: [
    'unavailable.name-too-long',
    'does not take names of this length.',
    false,
    'Use a shorter `path`, or another file system (eCryptfs takes 143 characters).',
  ],
  ENODEV: ['unavailable.device-gone', 'has lost its disk.', false, 'Attach and mount it again.'],
  ENXIO: ['unavailable.device-gone', 'has lost its disk.', false, 'Attach and mount it again.'],
  ENOTDIR: [
    'unavailable.not-a-directory',
    'has a file where a directory should be.',
    false,
    'Somebody put it there: remove it.',
  ],
  EISDIR: [
    'unavailable.not-a-directory',
    'has a directory where a file should be.',
    false,
    'Somebody put it there: remove it.',
  ],
};

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));
/** Linux' own, that Node has no name for. */
const LINUX: Readonly<Record<number, string>> = { 117: 'EUCLEAN', 121: 'EREMOTEIO', 126: 'ENOKEY', 127: 'EKEYEXPIRED' };

/**
 * The errno name of a file system's error (`ENOENT`), or undefined. Node has no name for some (EDQUOT, ESTALE: "Unknown
 * system error -122"), and tells their number.
 */
export function errnoOf(error: unknown): string | undefined {
  const { code, errno } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown;
    errno?: unknown;
  };
  if (typeof code !== 'string') return undefined;
  if (!code.startsWith('Unknown system error') || typeof errno !== 'number') return code;
  const number = Math.abs(errno);
  return LINUX[number] ?? NAMES.get(number) ?? `E${number}`;
}

/** What the file system said, in the words of the port. RewindErrors and errors of the data pass unchanged. */
export function targetError(target: string, error: unknown): unknown {
  const code = errnoOf(error);
  if (error instanceof RewindError || code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
  if (code === 'EEXIST') return exists(error);
  const known = Object.hasOwn(MEANINGS, code) ? MEANINGS[code] : undefined;
  if (known === undefined) return refused(target, ['unavailable', UNKNOWN, false, 'The log has its name.'], error);
  return refused(target, known, error);
}

const UNKNOWN = 'does not answer as it should, for a reason that is not known here.';
