import { expect, test } from '@jest/globals';
import { rbdError } from '../../../src/adapters/ceph/rbd/rbd-errors.ts';
import { ProcessError } from '../../../src/adapters/system/process-error.ts';

test.each([
  [122, 'rbd: failed to create snapshot: (122) Disk quota exceeded', 'ceph.snap-limit'],
  [122, "[errno 122] RBD disk quota exceeded (error creating snapshot b'x' from b'y')", 'ceph.snap-limit'],
  [122, 'rbd: error writing to image: (122) Disk quota exceeded', 'ceph.full.pool-quota'],
  [28, 'rbd: import failed: (28) No space left on device', 'ceph.full'],
  [1, 'rbd: error opening image: (1) Operation not permitted', 'ceph.forbidden'],
  [2, "rbd: error opening pool 'x': (2) No such file or directory", 'ceph.no-pool'],
  [2, 'rbd: error opening image x: (2) No such file or directory', 'ceph.not-found'],
  [77, 'something new', 'ceph.failed'],
  [5, 'rbd: error reading: (5) Input/output error', 'ceph.failed.io-error'],
  [11, 'rbd: try again', 'ceph.busy'],
  [38, 'rbd: not there', 'ceph.not-supported'],
  [95, 'rbd: clone: (95) Operation not supported', 'ceph.not-supported'],
  [108, 'rbd: (108) Cannot send after transport endpoint shutdown', 'ceph.unavailable.blocklisted'],
  [127, '', 'ceph.unavailable.no-program'],
  [
    2,
    "auth: unable to find a keyring on /etc/ceph/x: (2) No such file\nrbd: couldn't connect to the cluster!",
    'ceph.forbidden.keyring',
  ],
  [
    1,
    "handle_auth_bad_method server allowed_methods [2]\nrbd: couldn't connect to the cluster!",
    'ceph.forbidden.keyring',
  ],
  [
    1,
    "global_init: unable to open config file from search list /x\nrbd: couldn't connect to the cluster!",
    'ceph.unavailable.configuration',
  ],
  [1, "rbd: couldn't connect to the cluster!", 'ceph.unavailable'],
  [1, "monclient(hunting): authenticate timed out after 30\nrbd: couldn't connect to the cluster!", 'ceph.unavailable'],
])('rbd ends with %i: %s', (exitCode, stderrTail, code) => {
  const ended = new ProcessError('rbd', { exitCode, signal: null, stderrTail, timedOut: false });
  expect(rbdError(ended)).toMatchObject({ code: `vm-backup.${code}`, message: expect.stringMatching(/^[A-Z].+\.$/) });
});

test('a program that is not there is not tried again; one that could not be started now is', () => {
  const ended = (code: string) =>
    rbdError(
      new ProcessError('rbd', {
        ...{ exitCode: null, signal: null, stderrTail: '', timedOut: false },
        cause: Object.assign(new Error(code), { code }),
      }),
    );
  expect(ended('ENOENT')).toMatchObject({ code: 'vm-backup.ceph.unavailable.no-program', retry: true });
  expect(ended('EAGAIN')).toMatchObject({ code: 'vm-backup.ceph.unavailable', retry: true });
});
