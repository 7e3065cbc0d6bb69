import { describe, expect, it } from '@jest/globals';
import { sqlVerifyShares } from '../../../src/adapters/sql/targets/sql-verify-shares.ts';
import { writeManifest } from '../../../src/archive/manifests/manifests.ts';
import { ensureTargetInfo } from '../../../src/archive/manifests/target-info.ts';
import { shareOf } from '../../../src/archive/runs/share-of.ts';
import type { Backup } from '../../../src/domain/points/backup.ts';
import { dueShares } from '../../../src/domain/targets/verify-share.ts';
import { type ScrubParts, verifyDue } from '../../../src/maintenance/points/scrub.ts';
import { freshDatabase } from '../../world/fresh-database.ts';
import { silentLog } from '../../world/silent-log.ts';
import { backupId, diskEntry, id, KEY, manifestOf, PROJECT, SERVER, store } from '../archive/support/backups.ts';
import { ringOf, rootFile, rootLine, StoppedClock } from '../archive/support/key-rings.ts';
import { MemoryTarget } from '../archive/support/memory-target.ts';
import { data } from '../archive/support/streams.ts';

const DAYS = 5;
const DAY_MS = 86_400_000;
const BACKUPS = 12;
const { signal } = new AbortController();

/** Backups of one server in one chain, encrypted, each with a run of its own. */
async function world() {
  const target = new MemoryTarget();
  const ring = ringOf(rootFile(rootLine('a', 1)).keys);
  const key = await ring.current(target, PROJECT);
  await ensureTargetInfo(target, KEY, () => id('e', 1));
  const rows: Pick<Backup, 'id' | 'project_id' | 'server_id' | 'target' | 'status' | 'fail_code'>[] = [];
  const runs = [];
  for (let n = 1; n <= BACKUPS; n += 1) {
    runs.unshift(await store(target, 1, n, n === 1 ? null : n - 1, 8192, [data(n * 16, `change ${n}`)], { key }));
    await writeManifest(target, manifestOf(n, [diskEntry(1, n, [...runs])]), KEY);
    const row = {
      project_id: PROJECT,
      server_id: SERVER,
      target: 'memory',
      status: 'available' as const,
      fail_code: null,
    };
    rows.push({ id: backupId(n), ...row });
  }
  const db = await freshDatabase();
  const clock = new StoppedClock();
  clock.ms = 20_000 * DAY_MS;
  const shares = sqlVerifyShares(db, clock);
  const parts = (worker: string) =>
    ({
      world: {
        targets: { get: () => target, defaultName: 'memory', names: ['memory'] },
        catalogue: {
          backupsOfServer: async () => rows,
          backup: async (one: string) => rows.find((row) => row.id === one),
          updateBackup: async (one: string, change: object) => {
            Object.assign(rows.find((row) => row.id === one) ?? {}, change);
          },
        },
        manifestCopies: { find: async () => undefined },
        manifestKey: KEY,
        keys: ring,
        clock,
        settings: { maxBytesPerSecond: 0 },
      },
      chains: {
        all: async () => [{ projectId: PROJECT, serverId: SERVER, target: 'memory', backups: 1, changedAt: '' }],
      },
      shares,
      days: DAYS,
      worker,
      log: silentLog,
    }) as unknown as ScrubParts;
  /** Names of the runs that were read, since the last call. */
  const read = new Set<string>();
  const reads = target.read.bind(target);
  target.read = (name, ...more) => {
    if (name.includes('/runs/')) read.add(name);
    return reads(name, ...more);
  };
  const day = async (worker = 'w') => {
    read.clear();
    await verifyDue(parts(worker), 'memory', signal);
    clock.ms += DAY_MS;
    return [...read].sort();
  };
  return { target, rows, runs, shares, day, clock, parts };
}

describe('a share of a target each day', () => {
  it('covers every run once in so many days, and none twice', async () => {
    const { runs, shares, day } = await world();
    const seen: string[] = [];
    for (let n = 0; n < DAYS; n += 1) {
      const read = await day();
      expect(new Set(read.map((name) => shareOf(name, DAYS))).size).toBeLessThanOrEqual(1);
      seen.push(...read);
    }
    expect(seen.sort()).toEqual(runs.map((run) => run.object).sort());
    const rows = await shares.list('memory', DAYS);
    expect(rows.filter((row) => row.done)).toHaveLength(DAYS);
    expect(rows.reduce((sum, row) => sum + row.objects, 0)).toBe(BACKUPS);
    expect(rows.reduce((sum, row) => sum + row.bytes, 0)).toBe(runs.reduce((sum, run) => sum + run.stored_bytes, 0));
  });

  it('catches up on days when no worker ran, and does no share twice', async () => {
    const { runs, shares, day, clock, parts } = await world();
    const seen = [...(await day())];
    clock.ms += 2 * DAY_MS;
    seen.push(...(await day()));
    expect((await shares.list('memory', DAYS)).filter((row) => row.done)).toHaveLength(4);
    clock.ms -= DAY_MS;
    expect(await day('other')).toEqual([]);
    seen.push(...(await day('other')));
    expect(seen.sort()).toEqual(runs.map((run) => run.object).sort());
    clock.ms -= DAY_MS;
    await Promise.all(['one', 'two'].map((worker) => verifyDue(parts(worker), 'memory', signal)));
    expect((await shares.list('memory', DAYS)).reduce((sum, row) => sum + row.objects, 0)).toBe(BACKUPS);
  });

  it('marks every backup that needs what is bad, and no other', async () => {
    const { target, rows, runs, day } = await world();
    const bad = runs[4]!;
    target.objects.get(bad.object)![40]! ^= 1;
    for (let n = 0; n < DAYS; n += 1) await day();
    const needing = runs.length - 4;
    const codes = rows.map((row) => row.fail_code);
    expect(codes).toEqual([
      ...Array(needing - 1).fill(null),
      ...Array(BACKUPS - needing + 1).fill('vm-backup.archive.damaged'),
    ]);
  });

  it('waits while the target is not mounted: an empty directory has not lost everything', async () => {
    const { target, rows, shares, day } = await world();
    const objects = [...target.objects];
    target.objects.clear();
    for (let n = 0; n < DAYS; n += 1) await day();
    expect(rows.map((row) => row.fail_code)).toEqual(Array(BACKUPS).fill(null));
    expect(await shares.list('memory', DAYS)).toEqual([]);
    for (const [name, bytes] of objects) target.objects.set(name, bytes);
    expect((await day()).length).toBeGreaterThan(0);
  });

  it('goes on where a killed worker was', async () => {
    const { target, shares, day, clock } = await world();
    const honest = target.read.bind(target);
    let reads = 0;
    target.read = (name, ...more) => {
      if (name.includes('/runs/')) reads += 1;
      if (reads > 30) throw new Error('killed');
      return honest(name, ...more);
    };
    for (let n = 0; n < DAYS && reads <= 30; n += 1) await day('victim').catch(() => undefined);
    const half = (await shares.list('memory', DAYS)).find((row) => !row.done);
    expect(half?.after).not.toBe('');
    target.read = honest;
    clock.ms += 7 * 3_600_000;
    const rest = await day('next');
    expect(rest.every((name) => name > half!.after || shareOf(name, DAYS) !== half!.share)).toBe(true);
    expect((await shares.list('memory', DAYS)).find((row) => row.share === half!.share)?.done).toBe(true);
  });

  it('is not due before its first day, and is due until it is done', () => {
    expect(dueShares([], 4, 10, 10)).toEqual([{ share: 2, day: 10 }]);
    expect(dueShares([{ share: 2, day: 10, done: true }], 4, 10, 10)).toEqual([]);
    expect(dueShares([{ share: 2, day: 10, done: false }], 4, 10, 12)).toEqual([
      { share: 2, day: 10 },
      { share: 3, day: 11 },
      { share: 0, day: 12 },
    ]);
    const done = [0, 1, 2, 3].map((share) => ({ share, day: share + 8, done: true }));
    expect(dueShares(done, 4, 0, 11)).toEqual([]);
    expect(dueShares(done, 4, 0, 12)).toEqual([{ share: 0, day: 12 }]);
  });
});
