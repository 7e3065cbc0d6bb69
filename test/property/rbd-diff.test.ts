import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hasCode } from '../../src/domain/errors.ts';
import { readDiff } from '../../src/rbd-diff/reader.ts';
import type { ExtentRecord } from '../../src/rbd-diff/records.ts';
import { writeDiff } from '../../src/rbd-diff/writer.ts';
import { chunked, collect, data, zero } from '../unit/archive/support/streams.ts';
import { rounds, seed } from '../world/sampling.ts';

const RUNS = rounds(400);

/** Records in order: gaps and lengths, so that nothing overlaps. */
const records = fc
  .array(fc.record({ gap: fc.nat(50), bytes: fc.uint8Array({ minLength: 1, maxLength: 60 }), isZero: fc.boolean() }), {
    maxLength: 12,
  })
  .map((parts) => {
    const found: ExtentRecord[] = [];
    let at = 0;
    for (const { gap, bytes, isZero } of parts) {
      at += gap;
      found.push(isZero ? zero(at, bytes.length) : data(at, Buffer.from(bytes)));
      at += bytes.length;
    }
    return { records: found, sizeBytes: at };
  });
const fromSnap = fc.constantFrom(null, 'rewind-b-1', 'x');

describe('rbd diff streams', () => {
  it('read back as they were written, however they are chunked', async () => {
    const property = fc.asyncProperty(
      records,
      fromSnap,
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      async (disk, from, lengths) => {
        const head = { fromSnap: from, toSnap: 'to', sizeBytes: disk.sizeBytes };
        const bytes = await collect(writeDiff(head, disk.records));
        const read = await readDiff(chunked(bytes, ...lengths), head);
        const found = await Array.fromAsync(read.records);
        expect(await collect(writeDiff(read.head, found))).toEqual(bytes);
      },
    );
    await fc.assert(property, { seed, numRuns: RUNS });
  });

  it('never crash the reader: what is accepted is written back identically, the rest is malformed', async () => {
    let accepted = 0;
    const flips = fc.array(fc.record({ at: fc.nat(), value: fc.nat(255) }), { minLength: 1, maxLength: 3 });
    const property = fc.asyncProperty(records, flips, fc.nat(), async (disk, changes, cut) => {
      const head = { fromSnap: null, toSnap: 'to', sizeBytes: disk.sizeBytes };
      let bytes = await collect(writeDiff(head, disk.records));
      for (const { at, value } of changes) bytes[at % bytes.length] = value;
      if (cut % 4 === 0) bytes = bytes.subarray(0, cut % bytes.length);
      try {
        const read = await readDiff(chunked(bytes, 13), head);
        const found = await Array.fromAsync(read.records);
        expect(await collect(writeDiff(read.head, found))).toEqual(bytes);
        accepted += 1;
      } catch (error) {
        if (!hasCode(error, 'diff.malformed')) throw error;
      }
    });
    await fc.assert(property, { seed, numRuns: RUNS });
    expect(accepted).toBeGreaterThan(0);
  });
});
