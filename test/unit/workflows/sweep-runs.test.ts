import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { sqlOperations } from '../../../src/adapters/sql/operations/sql-operations.ts';
import { sqlCondemnedRuns } from '../../../src/adapters/sql/targets/sql-condemned-runs.ts';
import { manifestObject } from '../../../src/archive/format/layout.ts';
import { noKeys } from '../../../src/archive/keys/no-keys.ts';
import { readManifest, removeManifest, writeManifest } from '../../../src/archive/manifests/manifests.ts';
import { ensureTargetInfo } from '../../../src/archive/manifests/target-info.ts';
import type { RunSummary } from '../../../src/archive/runs/write-run.ts';
import { archiveHoldId, backupsHoldId } from '../../../src/domain/names.ts';
import type { Operation } from '../../../src/domain/operations/operation.ts';
import { sweepRunsOfTargets } from '../../../src/maintenance/points/sweep-segments.ts';
import { runJobs } from '../../../src/periodic/periodic-job.ts';
import { sweepRuns } from '../../../src/workflows/recipes/sweep-runs.ts';
import type { World } from '../../../src/workflows/world.ts';
import { hastyClock, newOperation, recipeBench } from '../../world/engine-bench.ts';
import { freshDatabase } from '../../world/fresh-database.ts';
import { kept } from '../../world/kept.ts';
import { sampled } from '../../world/sampling.ts';
import { silentLog } from '../../world/silent-log.ts';
import { verifyBackup } from '../../world/verify-whole-backup.ts';
import { backupId, diskEntry, idsOf, KEY, manifestOf, PROJECT, SERVER, store } from '../archive/support/backups.ts';
import { MemoryTarget } from '../archive/support/memory-target.ts';
import { data } from '../archive/support/streams.ts';

const HOUR = 3_600_000;
const EVERYTHING = { projectId: null, filters: [], sort: [], limit: 100, marker: null };

/** Three backups of a disk, of which the second was deleted, and the runs of one that never got a manifest. */
async function bench(crashAt?: (place: string) => boolean) {
  const target = new MemoryTarget();
  await ensureTargetInfo(target, KEY, randomUUID);
  const runs: RunSummary[] = [];
  for (let n = 1; n <= 3; n += 1) {
    runs.unshift(await store(target, 1, n, n === 1 ? null : n - 1, 4096, [data(n, Buffer.alloc(100, n))]));
    if (n !== 2) await writeManifest(target, manifestOf(n, [diskEntry(1, n, runs)]), KEY);
  }
  const orphan = (await store(target, 1, 9, 3, 4096, [data(0, 'never published')])).object;
  const db = await freshDatabase();
  const clock = hastyClock();
  let nowMs = clock.now();
  const at: World['clock'] = { ...clock, now: () => nowMs };
  const condemnedRuns = sqlCondemnedRuns(db);
  const operations = sqlOperations(db, at);
  const world = {
    targets: { get: () => target, names: ['memory'] },
    condemnedRuns,
    clock: at,
    manifestKey: KEY,
    keys: noKeys,
    settings: { sweepGraceHours: 24 },
    catalogue: { backupsOfServer: async () => [] },
  } as unknown as World;
  const look = async (times = 1) => {
    const shutdown = new AbortController();
    let left = times;
    at.sleep = async () => {
      left -= 1;
      if (left === 0) shutdown.abort();
    };
    const queue = { enqueue: async () => undefined };
    const parts = { world, operations, queue, ids: { uuid: randomUUID }, log: silentLog, deadlineHours: 1 };
    await runJobs([sweepRunsOfTargets(parts)], { clock: world.clock, log: silentLog }, shutdown.signal);
    return (await operations.list(EVERYTHING)).filter((one) => one.workflow === 'sweep-runs/1');
  };
  const input = { server_id: SERVER, target: 'memory' };
  const operation: Operation = { ...newOperation(), workflow: 'sweep-runs/1', project_id: PROJECT, input };
  const made = await recipeBench({ world, workflow: sweepRuns, operation }, crashAt);
  return {
    ...made,
    target,
    runs,
    orphan,
    look,
    later: (hours: number) => {
      nowMs += hours * HOUR;
    },
    condemned: async () => (await condemnedRuns.list('memory', SERVER)).map((one) => one.object),
    jobs: operations,
    close: async () => {
      await made.close();
      await db.destroy();
    },
  };
}

type Bench = Awaited<ReturnType<typeof bench>>;

async function requireWhole({ target }: Bench): Promise<void> {
  for (const n of [1, 3]) await verifyBackup({ target, ids: idsOf(n), key: KEY, keys: noKeys });
}

describe('sweeping', () => {
  test('what no manifest names is condemned, and removed when it still is so a day later', async () => {
    const one = await bench();
    expect(await one.look()).toEqual([]);
    expect(await one.condemned()).toEqual([one.orphan]);
    one.later(23.9);
    expect(await one.look()).toEqual([]);
    one.later(0.2);
    const [asked, ...more] = await one.look();
    expect(more).toEqual([]);
    expect(asked).toMatchObject({
      resource_type: 'server',
      resource_id: SERVER,
      project_id: PROJECT,
      user_id: 'rewind',
    });
    // Nobody makes or uses runs of the server meanwhile.
    expect(await one.jobs.holderOf(backupsHoldId(SERVER))).toBe(asked?.id);
    expect(await one.jobs.holderOf(archiveHoldId(SERVER))).toBe(asked?.id);
    expect(await one.execute()).toBe('succeeded');
    expect(one.target.objects.has(one.orphan)).toBe(false);
    expect(await one.condemned()).toEqual([]);
    await requireWhole(one);
    await one.close();
  });

  test('what is named again is forgiven', async () => {
    const one = await bench();
    await one.look();
    const { runs, target } = one;
    const late = { ...runs[0]!, object: one.orphan };
    const ref = (await readManifest(target, idsOf(3), KEY)).disks[0]!;
    const named = { ...late, footer_sha256: ref.runs[0]!.footer_sha256 };
    await writeManifest(target, manifestOf(9, [diskEntry(1, 9, [named, ...runs])]), KEY);
    one.later(48);
    expect(await one.look()).toEqual([]);
    expect(await one.condemned()).toEqual([]);
    await removeManifest(target, idsOf(9));
    await one.look();
    one.later(23);
    // Its time began anew.
    expect(await one.look()).toEqual([]);
    await one.close();
  });

  test('it looks again when it holds the server: what is named by then stays', async () => {
    const one = await bench();
    await one.look();
    one.later(25);
    expect(await one.look()).toHaveLength(1);
    const { footer_sha256 } = (await readManifest(one.target, idsOf(3), KEY)).disks[0]!.runs[0]!;
    const named = { ...one.runs[0]!, object: one.orphan, footer_sha256 };
    await writeManifest(one.target, manifestOf(9, [diskEntry(1, 9, [named, ...one.runs])]), KEY);
    expect(await one.execute()).toBe('succeeded');
    expect(one.target.objects.has(one.orphan)).toBe(true);
    await requireWhole(one);
    await one.close();
  });

  test('nothing of a server goes while one of its manifests cannot be read', async () => {
    const one = await bench();
    await one.look();
    one.later(25);
    one.target.objects.set(manifestObject(idsOf(2), 4), Buffer.from('nonsense'));
    expect(await one.look()).toEqual([]);
    expect(await one.execute()).toBe('succeeded');
    expect(one.target.objects.has(one.orphan)).toBe(true);
    await one.close();
  });

  test('nothing is condemned or removed while an operation uses the backups or their manifests', async () => {
    for (const held of [backupsHoldId(SERVER), archiveHoldId(SERVER)]) {
      const one = await bench();
      const busy = newOperation();
      await one.jobs.record({ operation: busy, holds: kept(held) });
      expect(await one.look()).toEqual([]);
      expect(await one.condemned()).toEqual([]);
      await one.jobs.forget(busy.id);
      await one.look();
      one.later(25);
      await one.jobs.record({ operation: { ...busy, id: randomUUID() }, holds: kept(held) });
      expect(await one.look()).toEqual([]);
      await one.close();
    }
  });

  test('manifests that a crash left below the highest generation go at once', async () => {
    const one = await bench();
    const manifest = await readManifest(one.target, idsOf(3), KEY);
    await writeManifest(one.target, { ...manifest, generation: 2 }, KEY);
    expect(await one.look()).toHaveLength(1);
    expect(await one.execute()).toBe('succeeded');
    expect(one.target.objects.has(manifestObject(idsOf(3)))).toBe(false);
    expect((await readManifest(one.target, idsOf(3), KEY)).generation).toBe(2);
    expect(one.target.objects.has(one.orphan)).toBe(true);
    await requireWhole(one);
    await one.close();
  });

  test('a server on which nothing changed is not read again', async () => {
    const one = await bench();
    one.target.objects.delete(one.orphan);
    await one.look();
    const before = one.target.reads;
    await one.look(5);
    const onceMore = one.target.reads - before;
    expect(onceMore).toBeGreaterThan(0);
    await one.look(1);
    expect(one.target.reads - before).toBe(2 * onceMore);
    await one.close();
  });

  test('killed at every boundary it comes to the same end', async () => {
    const prepared = async (crashAt?: (place: string) => boolean) => {
      const one = await bench(crashAt);
      const manifest = await readManifest(one.target, idsOf(3), KEY);
      await writeManifest(one.target, { ...manifest, generation: 2 }, KEY);
      await one.look();
      one.later(25);
      return one;
    };
    const whole = await prepared();
    await whole.execute();
    const wanted = [...whole.target.objects.keys()];
    await whole.close();
    expect(whole.places.length).toBeGreaterThan(8);
    for (const [at] of sampled([...whole.places.entries()])) {
      let n = 0;
      const one = await prepared(() => n++ === at);
      expect(await one.execute()).toBe('let-go');
      await requireWhole(one);
      await one.execute();
      expect([...one.target.objects.keys()]).toEqual(wanted);
      await requireWhole(one);
      await one.close();
    }
    expect(wanted.some((name) => name.includes(backupId(9)))).toBe(false);
  }, 120_000);
});
