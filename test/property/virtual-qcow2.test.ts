import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { restoreStream } from '../../src/archive/runs/restore-stream.ts';
import type { RunSummary } from '../../src/archive/runs/write-run.ts';
import { openDisk, readerCaches } from '../../src/archive/serving/disk-reader.ts';
import { CLUSTER_BYTES as CLUSTER } from '../../src/archive/serving/qcow2-layout.ts';
import { VirtualQcow2 } from '../../src/archive/serving/virtual-qcow2.ts';
import { readDiff } from '../../src/rbd-diff/reader.ts';
import type { ExtentRecord } from '../../src/rbd-diff/records.ts';
import { PROJECT, refOf, store } from '../unit/archive/support/backups.ts';
import { fixedRing } from '../unit/archive/support/key-rings.ts';
import { MemoryTarget } from '../unit/archive/support/memory-target.ts';
import { applyRecords, data, zero } from '../unit/archive/support/streams.ts';
import { readQcow2 } from '../world/qcow2-file.ts';
import { rounds, seed } from '../world/sampling.ts';

const RUNS = rounds(25);
const MAX_SIZE = 6 * CLUSTER;
const SECTOR = 512;
const ZEROS = Buffer.alloc(CLUSTER);
/** None of them zero, and a shifted piece of them is another. */
const BYTES = Buffer.from(Array.from({ length: 4 * CLUSTER }, (_, n) => (n + (n >> 8)) % 256 || 1));

interface Change {
  sizeBytes: number;
  records: ExtentRecord[];
}

const keys = fixedRing();
const sealed = { key: await keys.current(new MemoryTarget(), PROJECT) };

/** Ranges of all lengths around clusters, some whole ones, on a disk that grows and shrinks. */
const length = fc.oneof(fc.integer({ min: 1, max: 3 * CLUSTER }), fc.constantFrom(SECTOR, 4096, CLUSTER, 2 * CLUSTER));
const plan = fc.record({
  sectors: fc.integer({ min: 1, max: MAX_SIZE / SECTOR }),
  parts: fc.array(fc.record({ gap: fc.oneof(fc.constant(0), length), length, fill: fc.nat(255) }), { maxLength: 6 }),
});

/** Made in the property, so that a counterexample is told without its bytes. */
function changeOf({ sectors, parts }: typeof plan extends fc.Arbitrary<infer Plan> ? Plan : never): Change {
  const sizeBytes = sectors * SECTOR;
  const records: ExtentRecord[] = [];
  let at = 0;
  for (const { gap, length: wanted, fill } of parts) {
    at += gap;
    const room = Math.min(wanted, sizeBytes - at);
    if (room <= 0) break;
    records.push(fill % 4 === 0 ? zero(at, room) : data(at, BYTES.subarray(fill, fill + room)));
    at += room;
  }
  return { sizeBytes, records };
}

async function restored(target: MemoryTarget, runs: RunSummary[]): Promise<Uint8Array> {
  const { size_bytes: sizeBytes } = runs[0]!;
  const { signal } = new AbortController();
  const stream = restoreStream({ runs: runs.map(refOf), sizeBytes, toSnap: 'end', target, keys, signal });
  const { records } = await readDiff(stream, { fromSnap: null, toSnap: 'end', sizeBytes });
  return applyRecords(new Uint8Array(0), sizeBytes, await Array.fromAsync(records));
}

describe('a disk of a backup as a qcow2 file', () => {
  it('reads as what a restore writes, holes included', async () => {
    let clusters = 0;
    const property = fc.asyncProperty(
      fc.array(plan, { minLength: 1, maxLength: 6 }),
      fc.nat(40),
      fc.nat(),
      async (plans, grown, cut) => {
        const target = new MemoryTarget();
        const runs: RunSummary[] = [];
        for (const [n, { sizeBytes, records }] of plans.map(changeOf).entries())
          runs.unshift(
            await store(target, 1, n, n === 0 ? null : n - 1, sizeBytes, records, n % 2 === 0 ? {} : sealed),
          );
        const { size_bytes: sizeBytes } = runs[0]!;
        const expected = Buffer.alloc(sizeBytes + grown * SECTOR);
        expected.set(await restored(target, runs));
        // Next to nothing is kept, so that everything is dropped and read again.
        const disk = await openDisk(target, runs.map(refOf), sizeBytes, { keys, caches: readerCaches(1, 1) });
        const file = new VirtualQcow2(disk, expected.length);
        const found = await readQcow2((offset, size) => file.read(offset, size));
        expect(found.virtualBytes).toBe(expected.length);
        expect(found.disk.equals(expected)).toBe(true);
        // A cluster is there exactly when some of it is data; the data here hold no zero byte.
        const held = new Set<number>();
        for (let cluster = 0; cluster * CLUSTER < expected.length; cluster += 1) {
          const bytes = expected.subarray(cluster * CLUSTER, (cluster + 1) * CLUSTER);
          if (!bytes.equals(ZEROS.subarray(0, bytes.length))) held.add(cluster);
        }
        expect(found.allocated).toEqual(held);
        clusters += held.size;
        // Whatever range is asked for is the same range of the whole file.
        const from = cut % file.bytes;
        const size = Math.min(file.bytes - from, (cut % 200_000) + 1);
        const whole = await file.read(0, file.bytes);
        expect((await file.read(from, size)).equals(whole.subarray(from, from + size))).toBe(true);
      },
    );
    await fc.assert(property, { seed, numRuns: RUNS });
    expect(clusters).toBeGreaterThan(RUNS);
  }, 300_000);
});
