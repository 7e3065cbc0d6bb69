import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { sqlOperations } from '../../../src/adapters/sql/operations/sql-operations.ts';
import { sqlCatalogue } from '../../../src/adapters/sql/points/sql-catalogue.ts';
import { sqlChains } from '../../../src/adapters/sql/points/sql-chains.ts';
import { backupOfManifest } from '../../../src/archive/manifests/backup-of-manifest.ts';
import { removeManifest, writeManifest } from '../../../src/archive/manifests/manifests.ts';
import type { RunSummary } from '../../../src/archive/runs/write-run.ts';
import type { ListedOperation } from '../../../src/domain/operations/operation.ts';
import { compactBackups } from '../../../src/maintenance/points/compact-backups.ts';
import { runJobs } from '../../../src/periodic/periodic-job.ts';
import type { World } from '../../../src/workflows/world.ts';
import { hastyClock } from '../../world/engine-bench.ts';
import { freshDatabase } from '../../world/fresh-database.ts';
import { silentLog } from '../../world/silent-log.ts';
import { backupId, diskEntry, idsOf, KEY, manifestOf, PROJECT, SERVER, store } from '../archive/support/backups.ts';
import { MemoryTarget } from '../archive/support/memory-target.ts';
import { data } from '../archive/support/streams.ts';

const EVERYTHING = { projectId: null, filters: [], sort: [], limit: 100, marker: null };

/** A chain of five, and the job looking at it so many times. */
async function bench(compactRuns: number) {
  const clock = hastyClock();
  const db = await freshDatabase();
  const catalogue = sqlCatalogue(db, clock);
  const operations = sqlOperations(db, clock);
  const target = new MemoryTarget();
  const runs: RunSummary[] = [];
  for (let n = 1; n <= 5; n += 1) {
    const record = data(n, Buffer.alloc(100, n));
    runs.unshift(await store(target, 1, n, n === 1 ? null : n - 1, 4096, [record]));
    const made = manifestOf(n, [diskEntry(1, n, runs)]);
    const manifest = { ...made, backup: { ...made.backup, created_at: `2026-01-0${n}T00:00:00.000Z` } };
    await writeManifest(target, manifest, KEY);
    const at = '2026-01-09T00:00:00.000Z';
    await catalogue.putBackup(backupOfManifest(manifest, { target: 'memory', operationId: randomUUID(), at }));
  }
  let reads = 0;
  const looking: World['clock'] = { ...clock };
  const world = {
    targets: {
      get: () => {
        reads += 1;
        return target;
      },
    },
    catalogue,
    clock: looking,
    manifestKey: KEY,
    settings: { compactRuns, compactShare: 0.1 },
  } as unknown as World;
  const queued: string[] = [];
  const queue = { enqueue: async (id: string) => void queued.push(id) };
  const look = async (times: number) => {
    const shutdown = new AbortController();
    let left = times;
    looking.sleep = async () => {
      left -= 1;
      if (left === 0) shutdown.abort();
    };
    const ids = { uuid: randomUUID };
    const parts = { world, chains: sqlChains(db), operations, queue, ids, log: silentLog, deadlineHours: 1 };
    await runJobs(compactBackups(parts), { clock: parts.world.clock, log: silentLog }, shutdown.signal);
  };
  const all = (): Promise<ListedOperation[]> => operations.list(EVERYTHING);
  return { look, all, queued, operations, catalogue, target, reads: () => reads, close: () => db.destroy() };
}

describe('looking after long chains', () => {
  test('asks once, for the newest backup, and holds the archive, not the server', async () => {
    const { look, all, queued, operations, close } = await bench(3);
    await look(3);
    const [listed, ...others] = await all();
    expect(others).toEqual([]);
    const operation = await operations.operation(listed?.id ?? '', null);
    expect(operation).toMatchObject({
      workflow: 'compact-backup/1',
      project_id: PROJECT,
      resource_id: backupId(5),
      user_id: 'rewind',
      input: { backup_id: backupId(5), server_id: SERVER, target: 'memory' },
    });
    expect(queued).toEqual([operation?.id]);
    expect(await operations.holderOf(SERVER)).toBeUndefined();
    await close();
  });

  test('asks again for what failed only much later, and reads nothing while nothing changes', async () => {
    const { look, all, operations, reads, close } = await bench(3);
    await look(1);
    const [operation] = await all();
    await operations.forget(operation?.id ?? '');
    const before = reads();
    await look(1);
    expect(await all()).toHaveLength(1);
    await operations.forget((await all())[0]?.id ?? '');
    expect(reads()).toBe(before + 1);
    await close();
    const other = await bench(30);
    await other.look(10);
    expect(await other.all()).toEqual([]);
    expect(other.reads()).toBe(1);
    await other.close();
  });

  test('sees that a backup was deleted', async () => {
    const { look, all, catalogue, target, close } = await bench(30);
    await look(1);
    expect(await all()).toEqual([]);
    await removeManifest(target, idsOf(2));
    await catalogue.removeBackup(backupId(2));
    await look(1);
    expect(await all()).toHaveLength(1);
    await close();
  });

  test('does nothing where it is turned off', async () => {
    const { look, all, reads, close } = await bench(0);
    await look(1);
    expect([await all(), reads()]).toEqual([[], 0]);
    await close();
  });
});
