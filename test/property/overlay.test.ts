import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runObject } from '../../src/archive/format/layout.ts';
import { noKeys } from '../../src/archive/keys/no-keys.ts';
import { mergeRuns } from '../../src/archive/runs/merge-runs.ts';
import { restoreStream } from '../../src/archive/runs/restore-stream.ts';
import { verifyRun } from '../../src/archive/runs/verify-run.ts';
import type { RunSummary } from '../../src/archive/runs/write-run.ts';
import { readDiff } from '../../src/rbd-diff/reader.ts';
import type { ExtentRecord } from '../../src/rbd-diff/records.ts';
import { backupId, place, refOf, store } from '../unit/archive/support/backups.ts';
import { MemoryTarget } from '../unit/archive/support/memory-target.ts';
import { applyRecords, data, zero } from '../unit/archive/support/streams.ts';
import { rounds, seed } from '../world/sampling.ts';

const RUNS = rounds(40, 2_000);
const MAX_SIZE = 400;

interface Change {
  sizeBytes: number;
  records: ExtentRecord[];
}

/** What happened to a disk between two backups: it may have grown or shrunk, and pieces were written or discarded. */
const change: fc.Arbitrary<Change> = fc
  .record({
    sizeBytes: fc.integer({ min: 1, max: MAX_SIZE }),
    parts: fc.array(
      fc.record({ gap: fc.nat(60), length: fc.integer({ min: 1, max: 80 }), fill: fc.integer({ min: 0, max: 255 }) }),
      { maxLength: 10 },
    ),
  })
  .map(({ sizeBytes, parts }) => {
    const records: ExtentRecord[] = [];
    let at = 0;
    for (const { gap, length, fill } of parts) {
      at += gap;
      const room = Math.min(length, sizeBytes - at);
      if (room <= 0) break;
      // Bytes differ within a record, so that a shifted one shows.
      records.push(
        fill % 4 === 0
          ? zero(at, room)
          : data(at, Buffer.from(Array.from({ length: room }, (_, n) => (fill + n) % 256))),
      );
      at += room;
    }
    return { sizeBytes, records };
  });

async function storeAll(changes: Change[], target: MemoryTarget): Promise<RunSummary[]> {
  const runs: RunSummary[] = [];
  for (const [n, { sizeBytes, records }] of changes.entries()) {
    runs.unshift(await store(target, 1, n, n === 0 ? null : n - 1, sizeBytes, records));
  }
  return runs;
}

async function restored(runs: RunSummary[], target: MemoryTarget, onto: Uint8Array): Promise<Uint8Array> {
  const { size_bytes: sizeBytes } = runs[0]!;
  const stream = restoreStream({
    runs: runs.map(refOf),
    sizeBytes,
    toSnap: 'end',
    target,
    keys: noKeys,
    signal: new AbortController().signal,
  });
  const { records } = await readDiff(stream, { fromSnap: null, toSnap: 'end', sizeBytes });
  return applyRecords(onto, sizeBytes, await Array.fromAsync(records));
}

/** Not toEqual: it looks at each byte as at a property. */
const expectSame = (one: Uint8Array, other: Uint8Array): void => expect(Buffer.from(one).equals(other)).toBe(true);

describe('overlay', () => {
  it('restores any chain to what the disk was, also over a half-filled draft', async () => {
    let compared = 0;
    const property = fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 7 }),
      fc.nat(),
      async (changes, cut) => {
        const target = new MemoryTarget();
        const runs = await storeAll(changes, target);
        let disk: Uint8Array = new Uint8Array(0);
        for (const [n, { sizeBytes, records }] of changes.entries()) {
          disk = applyRecords(disk, sizeBytes, records);
          const point = await restored(runs.slice(runs.length - 1 - n), target, new Uint8Array(0));
          expectSame(point, disk);
          compared += disk.length;
        }
        // A first import was killed somewhere: the same stream again must come out the same.
        const half = disk.map((byte, at) => (at < cut % (disk.length + 1) ? byte : 0));
        expectSame(await restored(runs, target, half), disk);
        for (const run of runs) await verifyRun(target, refOf(run), noKeys);
      },
    );
    await fc.assert(property, { seed, numRuns: RUNS });
    expect(compared).toBeGreaterThan(RUNS * 100);
  }, 600_000);

  it('merges any part of a chain into one run, and nothing that is restored changes', async () => {
    let compared = 0;
    const property = fc.asyncProperty(
      fc.array(change, { minLength: 2, maxLength: 7 }),
      fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 3 }),
      async (changes, parts) => {
        const target = new MemoryTarget();
        let runs = await storeAll(changes, target);
        const disk = changes.reduce<Uint8Array>(
          (old, one) => applyRecords(old, one.sizeBytes, one.records),
          new Uint8Array(0),
        );
        for (const [n, [first, length]] of parts.entries()) {
          if (runs.length < 2) break;
          const from = first % (runs.length - 1);
          const until = from + 2 + (length % (runs.length - from - 1));
          const part = runs.slice(from, until);
          const merged = await mergeRuns({
            runs: part.map(refOf),
            target,
            keys: noKeys,
            key: null,
            object: runObject(place(1), backupId(900), n),
            signal: new AbortController().signal,
          });
          expect(merged).toMatchObject({ from_snap: part.at(-1)!.from_snap, to_snap: part[0]!.to_snap });
          await verifyRun(target, refOf(merged), noKeys);
          runs = [...runs.slice(0, from), merged, ...runs.slice(until)];
          expectSame(await restored(runs, target, new Uint8Array(0)), disk);
          compared += disk.length;
        }
      },
    );
    await fc.assert(property, { seed, numRuns: RUNS });
    expect(compared).toBeGreaterThan(RUNS * 100);
  }, 600_000);

  it('reads each frame at most once, and none that is hidden', async () => {
    const target = new MemoryTarget();
    const old = data(0, Buffer.alloc(100, 1));
    const runs = await storeAll(
      [
        { sizeBytes: 200, records: [old] },
        { sizeBytes: 200, records: [data(0, Buffer.alloc(60, 2))] },
        { sizeBytes: 200, records: [zero(50, 60), data(120, 'abc')] },
        { sizeBytes: 200, records: [data(0, Buffer.alloc(50, 3))] },
      ],
      target,
    );
    target.reads = 0;
    const disk = await restored(runs, target, new Uint8Array(0));
    expect(disk).toEqual(
      applyRecords(applyRecords(new Uint8Array(0), 200, [data(0, Buffer.alloc(50, 3))]), 200, [data(120, 'abc')]),
    );
    // Of each run trailer and footer; of the two that show, an index block and one frame each.
    expect(target.reads).toBe(4 * 2 + 2 * 2);
  });
});
