import type { WordedCode } from '../../../domain/errors/error-catalogue.ts';
import { RewindError } from '../../../domain/errors.ts';
import { ProcessError } from '../../system/process-error.ts';

type Meaning = Extract<WordedCode, `ceph.${string}`>;

/** `rbd` exits with the errno. It also uses 1 for many things that are no errno. */
const OF_STATUS: Record<number, Meaning> = {
  2: 'ceph.not-found',
  5: 'ceph.failed.io-error',
  11: 'ceph.busy',
  12: 'ceph.failed.memory',
  13: 'ceph.forbidden',
  16: 'ceph.busy',
  17: 'ceph.exists',
  22: 'ceph.invalid',
  24: 'ceph.unavailable.open-files',
  28: 'ceph.full',
  30: 'ceph.locked',
  36: 'ceph.invalid',
  38: 'ceph.not-supported',
  39: 'ceph.has-snapshots',
  // EBADMSG: the diff is truncated or damaged.
  74: 'ceph.invalid',
  95: 'ceph.not-supported',
  // ESHUTDOWN
  108: 'ceph.unavailable.blocklisted',
  110: 'ceph.timeout',
  122: 'ceph.full.pool-quota',
  // The program itself could not be run. While its package is being upgraded, it is missing for a moment.
  126: 'ceph.unavailable.no-program',
  127: 'ceph.unavailable.no-program',
};

/**
 * The error that a failed `rbd` means. Anything that is not the end of a process is returned as it is (e.g. an abort's
 * reason).
 */
export function rbdError(error: unknown): unknown {
  if (!(error instanceof ProcessError)) return error;
  const code = meaningOf(error);
  if (code !== NOT_CONNECTED) return new RewindError(code, { cause: error });
  const hint = 'Are the monitors up? Are `ceph.conf` and the keyring of `ceph.user` on this host?';
  return new RewindError('ceph.unavailable', { hint, cause: error });
}

/** The message does not say which it is: monitors, configuration or keyring. */
const NOT_CONNECTED = 'not-connected';

function meaningOf(error: ProcessError): Meaning | typeof NOT_CONNECTED {
  const { exitCode, stderrTail, timedOut } = error;
  if (timedOut) return 'ceph.timeout';
  if (exitCode === null && error.signal === null)
    return isNoProgram(error) ? 'ceph.unavailable.no-program' : 'ceph.unavailable';
  if (exitCode === null) return 'ceph.failed';
  // The message is looked at before the status: a missing keyring or pool exits with 2, like a missing image.
  if (/couldn't connect to the cluster|error connecting to the cluster/i.test(stderrTail)) {
    // Monitors that do not answer are also reported as a failed authentication, which may succeed later.
    if (/timed out|\(110\)/i.test(stderrTail)) return NOT_CONNECTED;
    if (/keyring|handle_auth|authenticat|\(13\) Permission denied|\(1\) Operation not permitted/i.test(stderrTail))
      return 'ceph.forbidden.keyring';
    return /config file|global_init|conf_read_file/i.test(stderrTail)
      ? 'ceph.unavailable.configuration'
      : NOT_CONNECTED;
  }
  if (/\(1\) Operation not permitted|\(13\) Permission denied/.test(stderrTail)) return 'ceph.forbidden';
  if (stderrTail.includes('error opening pool') && exitCode === 2) {
    return 'ceph.no-pool';
  }
  // A quota on the content of a pool has the same number as the limit of an image's snaps.
  if (exitCode === 122 && /creat(e|ing) snapshot/.test(stderrTail)) return 'ceph.snap-limit';
  return OF_STATUS[exitCode] ?? 'ceph.failed';
}

/** It was never started. Other causes (no memory, too many processes) pass. */
const isNoProgram = ({ cause }: ProcessError): boolean =>
  ['ENOENT', 'EACCES', 'ENOEXEC'].includes(String((cause as { code?: unknown } | undefined)?.code));
