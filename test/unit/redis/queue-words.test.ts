import { expect, test } from '@jest/globals';
import { queueUnavailable } from '../../../src/adapters/redis/queue-unavailable.ts';

test.each([
  ['NOAUTH Authentication required.', '.access-denied', false],
  ['WRONGPASS invalid username-password pair or user is disabled.', '.access-denied', false],
  ['ERR AUTH <password> called without any password configured for the default user.', '.access-denied', false],
  ["NOPERM this user has no permissions to run the 'evalsha' command", '.no-permission', false],
  ["READONLY You can't write against a read only replica.", '.read-only', true],
  ["OOM command not allowed when used memory > 'maxmemory'.", '.full', true],
  [
    'MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk.',
    '.full',
    true,
  ],
  ['NOREPLICAS Not enough good replicas to write.', '.no-replicas', true],
  ['LOADING Redis is loading the dataset in memory', '.loading', true],
  ['BUSY Redis is busy running a script.', '.busy', true],
  ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", '.no-primary', true],
  ['MOVED 3999 127.0.0.1:6381', '.cluster', false],
  ['CROSSSLOT Keys in request do not hash to the same slot', '.cluster', false],
  ['ERR max number of clients reached', '.too-many-clients', true],
  ["ERR unknown command 'EVALSHA_RO'", '.too-old', false],
  ['getaddrinfo ENOTFOUND redis.example', '.unknown-host', true],
  ['self-signed certificate', '.certificate', false],
  ['Connection is closed.', '', true],
  ['no answer within 3000 ms', '', true],
])('%s: queue.unavailable%s', (said, code, retry) => {
  const error = queueUnavailable(new Error('not ready', { cause: new Error(said) }));
  const told = { code: error.code, retry: error.retry, fault: error.fault, status: error.status };
  expect(told).toEqual({ code: `vm-backup.queue.unavailable${code}`, retry, fault: 'errored', status: 503 });
  expect(`${error.message} ${error.hint}`).not.toContain(said);
  expect(error.message).toContain('nothing was begun');
});
