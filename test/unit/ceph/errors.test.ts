import { expect, test } from '@jest/globals';
import { rbdError } from '../../../src/adapters/ceph/rbd-errors.ts';
import { ProcessError } from '../../../src/adapters/system/process-error.ts';

test.each([
  [122, 'rbd: failed to create snapshot: (122) Disk quota exceeded', 'ceph.snap-limit'],
  [122, "[errno 122] RBD disk quota exceeded (error creating snapshot b'x' from b'y')", 'ceph.snap-limit'],
  [122, 'rbd: error writing to image: (122) Disk quota exceeded', 'ceph.full'],
  [28, 'rbd: import failed: (28) No space left on device', 'ceph.full'],
  [1, 'rbd: error opening image: (1) Operation not permitted', 'ceph.forbidden'],
  [2, "rbd: error opening pool 'x': (2) No such file or directory", 'ceph.no-pool'],
  [2, 'rbd: error opening image x: (2) No such file or directory', 'ceph.not-found'],
  [77, 'something new', 'ceph.failed'],
])('rbd ends with %i: %s', (exitCode, stderrTail, code) => {
  const ended = new ProcessError('rbd', { exitCode, signal: null, stderrTail, timedOut: false });
  expect(rbdError(ended)).toMatchObject({ code: `vm-backup.${code}`, message: expect.stringMatching(/^[A-Z].+\.$/) });
});
