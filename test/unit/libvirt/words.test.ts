import { expect, test } from '@jest/globals';
import { hypervisorError } from '../../../src/adapters/libvirt/virsh.ts';
import { ProcessError } from '../../../src/adapters/system/process-error.ts';
import type { RewindError } from '../../../src/domain/errors.ts';

test.each([
  [
    'Timed out during operation: cannot acquire state change lock (held by monitor=remoteDispatch)',
    'failed.busy',
    true,
  ],
  ['argument unsupported: QEMU guest agent is not configured', 'failed.no-guest-agent', false],
  ['Guest agent is not responding: QEMU guest agent is not connected', 'failed.no-guest-agent', true],
  ['unable to write memory: No space left on device', 'failed.full', false],
  ["Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied", 'failed.access-denied', false],
  ['authentication unavailable: no polkit agent available', 'failed.access-denied', false],
  ['Operation not supported: migration is not supported', 'failed.not-supported', false],
  ["Failed to connect socket to '/var/run/libvirt/libvirt-sock': Connection refused", 'failed.not-reached', true],
  ["failed to get domain 'x'", 'not-running', true],
  ['Requested operation is not valid: domain is not running', 'not-running', true],
  ['internal error: unable to execute QEMU agent command: hook failed', 'guest-refused', false],
  ['internal error: gremlins', 'failed', true],
])('virsh says %s: %s', (said, code, retry) => {
  const ended = new ProcessError('virsh', { exitCode: 1, signal: null, stderrTail: `error: ${said}`, timedOut: false });
  const error = hypervisorError(ended) as RewindError;
  expect({ code: error.code, retry: error.retry }).toEqual({ code: `vm-backup.hypervisor.${code}`, retry });
  expect(`${error.message} ${error.hint}`).not.toContain(said);
});
