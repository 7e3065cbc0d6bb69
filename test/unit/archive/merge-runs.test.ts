import { describe, expect, it } from '@jest/globals';
import { runObject } from '../../../src/archive/format/layout.ts';
import { noKeys } from '../../../src/archive/keys/no-keys.ts';
import { mergeRuns } from '../../../src/archive/runs/merge-runs.ts';
import { openRun } from '../../../src/archive/runs/open-run.ts';
import { verifyRun } from '../../../src/archive/runs/verify-run.ts';
import type { RunSummary } from '../../../src/archive/runs/write-run.ts';
import { hasCode } from '../../../src/domain/errors.ts';
import type { KeyRing, ProjectKey } from '../../../src/ports/keys.ts';
import { backupId, diskEntry, PROJECT, place, refOf, snapOf, store } from './support/backups.ts';
import { contentOf } from './support/content.ts';
import { fixedRing } from './support/key-rings.ts';
import { MemoryTarget } from './support/memory-target.ts';
import { applyRecords, data, zero } from './support/streams.ts';

const SIZE = 1000;
const signal = new AbortController().signal;

async function three(key: ProjectKey | null) {
  const target = new MemoryTarget();
  const runs: RunSummary[] = [];
  const changes = [[data(0, Buffer.alloc(600, 1))], [data(100, Buffer.alloc(50, 2))], [zero(0, 120)]];
  let disk: Uint8Array = new Uint8Array(0);
  for (const [n, records] of changes.entries()) {
    // Of a chain in which encryption was switched on in the middle.
    runs.unshift(await store(target, 1, n, n === 0 ? null : n - 1, SIZE, records, { key: n === 0 ? null : key }));
    disk = applyRecords(disk, SIZE, records);
  }
  return { target, runs, disk };
}

const merge = (target: MemoryTarget, runs: RunSummary[], keys: KeyRing, key: ProjectKey | null) =>
  mergeRuns({ runs: runs.map(refOf), target, keys, key, object: runObject(place(1), backupId(9), 1), signal });

describe('merging runs', () => {
  it('makes one from where the oldest begins to where the newest ends', async () => {
    const { target, runs, disk } = await three(null);
    const all = await merge(target, runs, noKeys, null);
    expect(all).toMatchObject({
      from_snap: null,
      to_snap: snapOf(2),
      size_bytes: SIZE,
      changed_bytes: 480,
      zero_bytes: 0,
    });
    expect(await contentOf(target, diskEntry(1, 2, [all]))).toEqual(disk);
    target.objects.delete(all.object);
    const part = await merge(target, runs.slice(0, 2), noKeys, null);
    expect(part).toMatchObject({ from_snap: snapOf(0), to_snap: snapOf(2), changed_bytes: 30, zero_bytes: 120 });
    expect(await contentOf(target, diskEntry(1, 2, [part, runs[2]!]))).toEqual(disk);
  });

  it('encrypts what it writes as a backup would, and never writes in clear what was encrypted', async () => {
    const keys = fixedRing();
    const key = await keys.current(new MemoryTarget(), PROJECT);
    const { target, runs, disk } = await three(key);
    const merged = await merge(target, runs, keys, key);
    expect((await openRun(target, refOf(merged), keys)).parts.format).toBe('rewind-run/2');
    await verifyRun(target, refOf(merged), keys);
    expect(await contentOf(target, diskEntry(1, 2, [merged]), keys)).toEqual(disk);
    target.objects.delete(merged.object);
    const refused = await merge(target, runs, keys, null).catch((error: unknown) => error);
    expect(hasCode(refused, 'archive.would-decrypt')).toBe(true);
    expect(target.objects.has(merged.object)).toBe(false);
  });

  it('lets nothing show again of what the disk lost by being made smaller, though it grew since', async () => {
    const target = new MemoryTarget();
    const base = await store(target, 1, 0, null, SIZE, [data(0, Buffer.alloc(SIZE, 1))]);
    const smaller = await store(target, 1, 1, 0, 400, [data(0, Buffer.alloc(50, 2))]);
    const grown = await store(target, 1, 2, 1, SIZE, [data(700, Buffer.alloc(50, 3))]);
    const part = await merge(target, [grown, smaller], noKeys, null);
    const disk = new Uint8Array(SIZE).fill(2, 0, 50).fill(1, 50, 400).fill(3, 700, 750);
    expect(Buffer.from(await contentOf(target, diskEntry(1, 2, [part, base])))).toEqual(Buffer.from(disk));
  });

  it('refuses runs that do not follow each other, and leaves nothing', async () => {
    const { target, runs } = await three(null);
    const before = target.objects.size;
    const refused = await merge(target, [runs[0]!, runs[2]!], noKeys, null).catch((error: unknown) => error);
    expect(hasCode(refused, 'archive.damaged')).toBe(true);
    await expect(merge(target, [runs[0]!], noKeys, null)).rejects.toThrow(/nothing to merge/);
    expect(target.objects.size).toBe(before);
  });
});
