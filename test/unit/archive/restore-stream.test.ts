import { describe, expect, it } from '@jest/globals';
import { noKeys } from '../../../src/archive/keys/no-keys.ts';
import { restoreStream } from '../../../src/archive/runs/restore-stream.ts';
import type { RunSummary } from '../../../src/archive/runs/write-run.ts';
import { hasCode } from '../../../src/domain/errors.ts';
import { readDiff } from '../../../src/rbd-diff/reader.ts';
import type { ExtentRecord } from '../../../src/rbd-diff/records.ts';
import { refOf, store } from './support/backups.ts';
import { MemoryTarget } from './support/memory-target.ts';
import { applyRecords, data, zero } from './support/streams.ts';

const MIB = 1024 * 1024;
const SIZE = 24 * MIB;
const signal = new AbortController().signal;
const fill = (length: number, value: number): Buffer => Buffer.alloc(length, value);

async function chain(target: MemoryTarget, ...changes: ExtentRecord[][]): Promise<RunSummary[]> {
  const runs: RunSummary[] = [];
  for (const [n, records] of changes.entries())
    runs.unshift(await store(target, 1, n, n === 0 ? null : n - 1, SIZE, records));
  return runs;
}

async function recordsOf(
  runs: RunSummary[],
  target: MemoryTarget,
  more: { cacheBytes?: number } = {},
): Promise<ExtentRecord[]> {
  const stream = restoreStream({
    runs: runs.map(refOf),
    sizeBytes: SIZE,
    toSnap: 'end',
    target,
    keys: noKeys,
    signal,
    ...more,
  });
  return Array.fromAsync((await readDiff(stream, { fromSnap: null, toSnap: 'end', sizeBytes: SIZE })).records);
}

const places = (records: ExtentRecord[]) => records.map(({ offset, length }) => [offset, length]);

describe('restoreStream', () => {
  it('writes one record for an object, whatever number of runs it comes from', async () => {
    const target = new MemoryTarget();
    const runs = await chain(
      target,
      [data(0, fill(4 * MIB, 1)), data(4 * MIB, fill(4 * MIB, 2)), data(16 * MIB, fill(MIB, 3))],
      [data(MIB, fill(4096, 4)), data(4 * MIB - 512, fill(512, 5)), data(4 * MIB, fill(512, 7))],
      [data(MIB + 1024, fill(512, 6)), zero(17 * MIB - 512, 4096)],
    );
    const records = await recordsOf(runs, target);
    expect(places(records)).toEqual([
      [0, 4 * MIB],
      [4 * MIB, 4 * MIB],
      [16 * MIB, MIB - 512],
    ]);
    let disk: Uint8Array = new Uint8Array(0);
    disk = applyRecords(disk, SIZE, [
      data(0, fill(4 * MIB, 1)),
      data(4 * MIB, fill(4 * MIB, 2)),
      data(16 * MIB, fill(MIB, 3)),
    ]);
    disk = applyRecords(disk, SIZE, [
      data(MIB, fill(4096, 4)),
      data(4 * MIB - 512, fill(512, 5)),
      data(4 * MIB, fill(512, 7)),
    ]);
    disk = applyRecords(disk, SIZE, [data(MIB + 1024, fill(512, 6)), zero(17 * MIB - 512, 4096)]);
    expect(Buffer.from(applyRecords(new Uint8Array(0), SIZE, records)).equals(disk)).toBe(true);
  });

  it('makes do with little memory, and then only reads more', async () => {
    const target = new MemoryTarget();
    const runs = await chain(
      target,
      ...Array.from({ length: 8 }, (_, run) =>
        Array.from({ length: 24 }, (_, n) => data(n * 512 * 1024 + run * 40_000, Buffer.alloc(40_000, `${run}-${n};`))),
      ),
    );
    target.readBytes = 0;
    const plenty = await recordsOf(runs, target);
    const once = target.readBytes;
    expect(once).toBeLessThanOrEqual(runs.reduce((sum, run) => sum + run.stored_bytes, 0));
    target.readBytes = 0;
    const scarce = await recordsOf(runs, target, { cacheBytes: 1 });
    expect(target.readBytes).toBeGreaterThan(once);
    const image = (records: ExtentRecord[]) => Buffer.from(applyRecords(new Uint8Array(0), SIZE, records));
    expect(image(scarce).equals(image(plenty))).toBe(true);
  });

  it('hands out large chunks, and tells how much', async () => {
    const target = new MemoryTarget();
    const runs = await chain(
      target,
      Array.from({ length: 2000 }, (_, n) => data(n * 8192, fill(4096, n))),
    );
    let reported = 0;
    const onProgress = (bytes: number) => {
      reported += bytes;
    };
    const chunks = await Array.fromAsync(
      restoreStream({ runs, sizeBytes: SIZE, toSnap: 'end', target, keys: noKeys, signal, onProgress }),
    );
    const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    expect(reported).toBe(total);
    expect(chunks.length).toBeLessThan(total / (64 * 1024));
  });

  it('gives no end record when anything is wrong, however late', async () => {
    const target = new MemoryTarget();
    const runs = await chain(target, [
      data(0, fill(4 * MIB, 1)),
      data(4 * MIB, fill(4 * MIB, 2)),
      data(8 * MIB, fill(100, 3)),
    ]);
    const bytes = target.objects.get(runs[0]!.object)!;
    // Within the last data frame: right before it nothing is amiss.
    const at = Buffer.from(bytes).indexOf(Buffer.from([0x5b, 0x2a, 0x4d, 0x18])) - 10;
    bytes[at]! ^= 1;
    const got: Uint8Array[] = [];
    const error = await (async () => {
      for await (const chunk of restoreStream({ runs, sizeBytes: SIZE, toSnap: 'end', target, keys: noKeys, signal }))
        got.push(chunk);
    })().catch((one) => one);
    expect(hasCode(error, 'archive.damaged')).toBe(true);
    expect(got.at(-1)?.at(-1)).not.toBe(0x65);
  });

  it('refuses a chain that is broken, of another size, or empty, and stops when told to', async () => {
    const target = new MemoryTarget();
    const runs = await chain(target, [data(0, 'a')], [data(1, 'b')], [data(2, 'c')]);
    const from = (some: RunSummary[], more = {}) =>
      Array.fromAsync(
        restoreStream({ runs: some, sizeBytes: SIZE, toSnap: 'end', target, keys: noKeys, signal, ...more }),
      );
    await expect(from([runs[0]!, runs[2]!])).rejects.toThrow(/continue/);
    await expect(from(runs.slice(0, 2))).rejects.toThrow(/continue/);
    await expect(from([runs[2]!, runs[1]!, runs[0]!])).rejects.toThrow(/continue/);
    await expect(from(runs, { sizeBytes: SIZE + 1 })).rejects.toThrow(/another size/);
    await expect(from([])).rejects.toThrow(/this many/);
    await expect(from(runs, { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
    target.objects.delete(runs[1]!.object);
    expect(hasCode(await from(runs).catch((one) => one), 'archive.missing')).toBe(true);
  });
});
