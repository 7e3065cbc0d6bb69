import { expect, test } from '@jest/globals';
import { expireSnapshots } from '../../../src/maintenance/points/expire-snapshots.ts';
import { runJobs } from '../../../src/periodic/periodic-job.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';
import { MemoryStores } from '../../world/api/memory-stores.ts';
import { snapshot } from '../../world/api/rows.ts';
import { kept } from '../../world/kept.ts';
import { silentLog } from '../../world/silent-log.ts';

const NOW = '2026-06-01T00:00:00.000Z';

/** One look of each of `workers`, one after the other. */
async function look(stores: MemoryStores, workers = 1): Promise<string[]> {
  const enqueued: string[] = [];
  let next = 0x50_0000;
  for (let worker = 0; worker < workers; worker += 1) {
    const shutdown = new AbortController();
    const clock = { now: () => Date.parse(NOW), monotonic: () => 0, sleep: async () => shutdown.abort() };
    const queue = { enqueue: async (id: string) => void enqueued.push(id) };
    const ids = { uuid: () => uuidOf(next++) };
    const { catalogue, operations } = stores;
    const parts = { catalogue, operations, queue, clock, ids, log: silentLog, deadlineHours: 24 };
    await runJobs([expireSnapshots(parts)], parts, shutdown.signal);
  }
  return enqueued;
}

test('what has expired is deleted by an operation of its own, once, whoever looks', async () => {
  const stores = new MemoryStores();
  stores.snapshots.set(uuidOf(150), snapshot({ expires_at: '2026-05-31T23:59:59.000Z' }));
  const [operation = '', ...more] = await look(stores, 3);
  expect(more).toEqual([]);
  expect(stores.operationRows.get(operation)).toMatchObject({
    workflow: 'delete-snapshot/1',
    resource_id: uuidOf(150),
    user_id: 'rewind',
    input: { snapshot_id: uuidOf(150) },
  });
  expect(stores.snapshots.get(uuidOf(150))?.status).toBe('deleting');
  expect(stores.holds.get(operation)).toEqual(kept(uuidOf(1), uuidOf(150)));
});

test.each([
  ['its time has not come', { expires_at: '2026-06-01T00:00:01.000Z' }],
  ['it is protected', { expires_at: '2026-05-01T00:00:00.000Z', protected: true }],
  ['it is being made', { expires_at: '2026-05-01T00:00:00.000Z', status: 'creating' as const }],
])('it stays when %s', async (_why, fields) => {
  const stores = new MemoryStores();
  stores.snapshots.set(uuidOf(150), snapshot(fields));
  expect(await look(stores)).toEqual([]);
});

test('a busy server’s waits for its turn', async () => {
  const stores = new MemoryStores();
  stores.snapshots.set(uuidOf(150), snapshot({ expires_at: '2026-05-01T00:00:00.000Z' }));
  stores.holds.set(uuidOf(999), kept(uuidOf(1)));
  expect(await look(stores)).toEqual([]);
  expect(stores.snapshots.get(uuidOf(150))?.status).toBe('available');
});

test('one that its owner gave more time since it was listed stays', async () => {
  const stores = new MemoryStores();
  const listed = snapshot({ expires_at: '2026-05-01T00:00:00.000Z' });
  stores.snapshots.set(uuidOf(150), listed);
  const { record } = stores.operations;
  stores.operations.record = async (entry) => {
    stores.snapshots.set(uuidOf(150), { ...listed, expires_at: '2026-07-01T00:00:00.000Z' });
    return record(entry);
  };
  expect(await look(stores)).toEqual([]);
  expect(stores.snapshots.get(uuidOf(150))?.status).toBe('available');
});
