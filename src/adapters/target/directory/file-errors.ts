import { constants } from 'node:os';
import type { ChildOf } from '../../../domain/errors/error-catalogue.ts';
import { RewindError } from '../../../domain/errors.ts';
import { exists, refused, unavailable } from '../target-errors.ts';

/**
 * The meaning of a file system's error: our code, its words after "The target x ", and a hint if it is more specific
 * than the catalogue's.
 */
type Meaning = readonly [code: ChildOf<'target'>, words: string, hint?: string];

const ROOM = 'Free room there, or give it more.';
const RIGHTS = 'Its user must own the directory and be able to write there.';
const SERVER = 'Look at the file server and the network; the mount is used again once they are back.';

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOSPC: ['full', 'is full.', ROOM],
  EDQUOT: [
    'full.quota',
    'is full: the quota of its user, group or project there is used up.',
    'Raise that quota, or free room.',
  ],
  EFBIG: ['full.file-size', 'takes no file of this size.'],
  EMLINK: ['full.links', 'takes no more entries in one directory.'],
  EACCES: ['not-writable', 'refuses access.', RIGHTS],
  EPERM: ['not-writable', 'refuses access.', RIGHTS],
  EROFS: ['not-writable.read-only', 'is mounted read-only.'],
  ENOTSUP: ['not-writable.not-supported', 'does not know an act that is needed.'],
  ENOSYS: ['not-writable.not-supported', 'does not know an act that is needed.'],
  ELOOP: ['not-writable.symbolic-link', 'has a symbolic link where none may be.'],
  ENOKEY: ['not-writable.no-ticket', 'refuses access: there is no Kerberos ticket.'],
  EKEYEXPIRED: ['not-writable.no-ticket', 'refuses access: the Kerberos ticket has expired.'],
  ETXTBSY: ['unavailable.busy', 'is busy.', SERVER],
  EBUSY: ['unavailable.busy', 'is busy.', SERVER],
  EAGAIN: ['unavailable.busy', 'is busy.', SERVER],
  EINTR: ['unavailable.busy', 'is busy.', SERVER],
  ENOLCK: ['unavailable.busy', 'has no more locks.', SERVER],
  EIO: [
    'unavailable.io-error',
    'cannot read or write its disk.',
    'See the log of the kernel: a disk or the file server fails.',
  ],
  EREMOTEIO: ['unavailable.io-error', 'cannot read or write its disk.', 'See the log of the file server.'],
  EUCLEAN: ['unavailable.damaged', 'has a damaged file system.'],
  EBADMSG: ['unavailable.damaged', 'has a damaged file system.'],
  ESTALE: ['unavailable.stale', 'was exported anew since it was mounted.'],
  ETIMEDOUT: ['unavailable.file-server', 'does not answer.', SERVER],
  EHOSTDOWN: ['unavailable.file-server', 'does not answer.', SERVER],
  EHOSTUNREACH: ['unavailable.file-server', 'does not answer.', SERVER],
  ENETUNREACH: ['unavailable.file-server', 'does not answer.', SERVER],
  ENOTCONN: ['unavailable.file-server', 'is not connected.', SERVER],
  ECONNREFUSED: ['unavailable.file-server', 'does not answer.', SERVER],
  ECONNRESET: ['unavailable.file-server', 'does not answer.', SERVER],
  EMFILE: [
    'unavailable.open-files',
    'cannot be used: this process has too many files open.',
    'Raise LimitNOFILE of the unit.',
  ],
  ENFILE: ['unavailable.open-files', 'cannot be used: this host has too many files open.', 'Raise fs.file-max.'],
  ENOMEM: ['unavailable.memory', 'cannot be used: this host has no memory left.'],
  ENAMETOOLONG: ['unavailable.name-too-long', 'does not take names of this length.'],
  ENODEV: ['unavailable.device-gone', 'has lost its disk.'],
  ENXIO: ['unavailable.device-gone', 'has lost its disk.'],
  ENOTDIR: ['unavailable.not-a-directory', 'has a file where a directory should be.'],
  EISDIR: ['unavailable.not-a-directory', 'has a directory where a file should be.'],
};

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));
/** Linux' own errors, for which Node has no name. */
const LINUX: Readonly<Record<number, string>> = { 117: 'EUCLEAN', 121: 'EREMOTEIO', 126: 'ENOKEY', 127: 'EKEYEXPIRED' };

/**
 * The errno name of a file system's error (`ENOENT`), or undefined. Node has no name for some (EDQUOT, ESTALE: "Unknown
 * system error -122"), but gives their number.
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

/** Translates a file system's error into the port's. RewindErrors and errors of the data pass unchanged. */
export function targetError(target: string, error: unknown): unknown {
  const code = errnoOf(error);
  if (error instanceof RewindError || code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
  if (code === 'EEXIST') return exists(error);
  const known = Object.hasOwn(MEANINGS, code) ? MEANINGS[code] : undefined;
  if (known === undefined)
    return unavailable(target, error, { retry: false, words: UNKNOWN, hint: 'The log has its name.' });
  return refused(target, known, error);
}

const UNKNOWN = 'does not answer as it should, for a reason that is not known here.';
