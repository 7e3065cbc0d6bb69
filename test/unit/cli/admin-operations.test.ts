import { expect, test } from '@jest/globals';
import { sqlJournal } from '../../../src/adapters/sql/operations/sql-journal.ts';
import { sqlOperations } from '../../../src/adapters/sql/operations/sql-operations.ts';
import { cancelOperation, listOperations } from '../../../src/cli/admin-operations.ts';
import { Output } from '../../../src/cli/command-line/output.ts';
import { aBackup, anOperation } from '../../contract/sql/examples.ts';
import { freshDatabase } from '../../world/fresh-database.ts';
import { silentLog } from '../../world/silent-log.ts';

const START = Date.parse('2026-01-01T00:00:00Z');

/** One queued operation and one that has trouble in its second step, each of a backup. */
async function cloud() {
  let now = START;
  const clock = { now: () => now, monotonic: () => now, sleep: async () => undefined };
  const db = await freshDatabase();
  const [operations, journal] = [sqlOperations(db, clock), sqlJournal(db, clock)];
  const [backup, other] = [aBackup({ status: 'creating' }), aBackup({ status: 'creating' })];
  const created_at = new Date(START).toISOString();
  const running = anOperation({ resource_id: backup.id, created_at });
  const queued = anOperation({ resource_id: other.id, created_at: new Date(START - 1_000).toISOString() });
  await operations.record({ operation: running, backup, holds: [] });
  const [seen] = await journal.openOperations();
  const fence = (seen && (await journal.claim(seen, 'compute1/7/ab'))) ?? 0;
  await journal.intend(running.id, fence, 'snap[vda]', {});
  await journal.complete(running.id, fence, 'snap[vda]', {});
  await journal.intend(running.id, fence, 'upload[vda]', {});
  now += 600_000;
  const trouble = {
    code: 'vm-backup.target.full',
    reason: 'The target is full.',
    fault: 'failed',
    hint: null,
  } as const;
  await journal.noteTrouble(running.id, fence, trouble);
  now += 30_000;
  await operations.record({ operation: queued, backup: other, holds: [] });
  const list = async (json: boolean) => {
    let text = '';
    const out = new Output(json, (more) => {
      text += more;
    });
    await listOperations({ operations, db, clock }, { flags: new Set<string>(), out });
    out.end();
    return text;
  };
  /** Resolves to whether it is asked to stop. */
  const cancel = async (id: string) => {
    const out = new Output(true, () => undefined);
    await cancelOperation({ operations, log: silentLog } as never, { words: [id], out } as never);
    return (await operations.operation(id, null))?.cancel_requested;
  };
  const commit = () => journal.commit(running.id, fence);
  const end = () => journal.finish(running.id, fence, { status: 'failed', failure: trouble });
  return { running, queued, backup, other, list, cancel, commit, end, db };
}

test('tells where every open operation stands: step, beat of its worker, trouble, age, server', async () => {
  const { running, queued, backup, other, list, db } = await cloud();
  const rows = JSON.parse(await list(true));
  expect(rows).toMatchObject([
    {
      ...{ id: running.id, steps: ['upload[vda]'], worker: 'compute1/7/ab', beat_age_seconds: 30, age_seconds: 630 },
      ...{ trouble_code: 'vm-backup.target.full', server_id: backup.server_id },
    },
    {
      ...{ id: queued.id, steps: [], worker: null, beat_at: null, beat_age_seconds: null, age_seconds: 631 },
      ...{ trouble_code: null, server_id: other.server_id },
    },
  ]);
  const text = await list(false);
  expect(text).toContain('step upload[vda]  worker compute1/7/ab, last beat 30 s ago');
  expect(text).toContain(`vm-backup.target.full: The target is full.`);
  expect(text).toContain(`age 10 min  step -  no worker  server ${other.server_id}`);
  await db.destroy();
});

test('asks an operation to stop, whosever it is, but not one that only goes forward or has ended', async () => {
  const { running, cancel, commit, end, db } = await cloud();
  await expect(cancel(anOperation().id)).rejects.toMatchObject({ code: 'vm-backup.operation.not-found' });
  expect(await cancel(running.id)).toBe(true);
  await commit();
  await expect(cancel(running.id)).rejects.toMatchObject({ code: 'vm-backup.operation.committed' });
  await end();
  await expect(cancel(running.id)).rejects.toMatchObject({ code: 'vm-backup.operation.finished' });
  await db.destroy();
});
