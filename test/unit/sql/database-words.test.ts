import { expect, test } from '@jest/globals';
import { guarded } from '../../../src/adapters/sql/database/database-trouble.ts';
import { openDatabase, pingDatabase } from '../../../src/adapters/sql/database/open-database.ts';
import { sqlOperations } from '../../../src/adapters/sql/operations/sql-operations.ts';
import { RewindError } from '../../../src/domain/errors.ts';

const server = (errno: number, message = 'secret', sqlState = 'HY000') =>
  Object.assign(new Error(message), { errno, sqlState, code: 'ER_X' });
const sqlite = (errcode: number, message = 'secret') => Object.assign(new Error(message), { errcode });
const socket = (code: string) => Object.assign(new Error('secret'), { code, errno: -1 });

async function told(error: Error) {
  const refused = await guarded(async () => {
    throw error;
  }).catch((caught: unknown) => caught);
  if (!(refused instanceof RewindError)) throw new Error('it came through as it is');
  expect(`${refused.message} ${refused.hint}`).not.toContain('secret');
  expect(refused).toMatchObject({ status: refused.fault === 'bug' ? 500 : 503 });
  return [refused.code.replace('vm-backup.', ''), refused.retry];
}

test('hints name what is there', async () => {
  const hint = async (error: Error) =>
    ((await guarded(async () => Promise.reject(error)).catch((caught: unknown) => caught)) as RewindError).hint;
  expect(await hint(server(1146))).toMatch(/^The first `rewind api` or `rewind worker` of a release makes them/);
  expect(await hint(server(1142))).toMatch(/README, "Install for production"/);
});

test.each<[Error, string, boolean]>([
  [server(1213), '.conflict', true],
  [server(1205), '.lock-wait', true],
  [server(1040), '.too-many-connections', true],
  [server(1203), '.too-many-connections', true],
  [server(1290), '.read-only', true],
  [server(1836), '.read-only', true],
  [server(1021), '.full', true],
  [server(1114), '.full', true],
  [server(1030, 'Got error 28 "No space left on device" from storage engine InnoDB'), '.full', true],
  [server(3, 'Error writing file /x (Errcode: 28 "No space"); errno: 28'), '.full', true],
  [server(1153), '.packet-too-large', false],
  [server(1146), '.schema', false],
  [server(1049), '.schema', false],
  [server(1045), '.access-denied', false],
  [server(1142), '.access-denied', false],
  [server(1047), '.no-quorum', true],
  [server(1969), '.interrupted', true],
  [server(2006), '', true],
  [socket('PROTOCOL_CONNECTION_LOST'), '', true],
  [socket('ECONNREFUSED'), '', true],
  [socket('ENOTFOUND'), '.unknown-host', true],
  [socket('DEPTH_ZERO_SELF_SIGNED_CERT'), '.certificate', false],
  [new Error('Queue limit reached.'), '.busy', true],
  [sqlite(5), '.busy', true],
  [sqlite(13), '.full', true],
  [sqlite(8), '.read-only', false],
  [sqlite(11), '.damaged', false],
  [sqlite(26), '.damaged', false],
  [sqlite(14), '.cannot-open', true],
  [sqlite(1, 'no such table: operations'), '.schema', false],
])('%s: database.unavailable%s', async (error, code, retry) => {
  expect(await told(error)).toEqual([`database.unavailable${code}`, retry]);
});

test('a mistake in a statement is ours', async () => {
  expect(await told(sqlite(1, 'near "selekt": syntax error'))).toEqual(['internal.database', false]);
  expect(await told(server(1064))).toEqual(['internal.database', false]);
});

test('a database without tables, really', async () => {
  const db = openDatabase('sqlite::memory:');
  await pingDatabase(db);
  const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} };
  const refused = await sqlOperations(db, clock)
    .operation('x', null)
    .catch((error: RewindError) => error.code);
  expect(refused).toBe('vm-backup.database.unavailable.schema');
  await db.destroy();
});
