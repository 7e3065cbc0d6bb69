import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inParts, MAX_PARTS, partLength } from '../../../src/adapters/target/s3/s3-parts.ts';

const collect = async (pieces: Buffer[], length: number) => {
  async function* reusing() {
    for (const piece of pieces) {
      const chunk = Buffer.from(piece);
      yield chunk;
      chunk.fill(0xff);
    }
  }
  return Array.fromAsync(inParts(reusing(), length));
};

test('parts are full but for the last, numbered from 1, and hold what was given', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 }),
      fc.integer({ min: 1, max: 50 }),
      async (arrays, length) => {
        const pieces = arrays.map((array) => Buffer.from(array));
        const parts = await collect(pieces, length);
        expect(Buffer.concat(parts.map((part) => part.bytes)).equals(Buffer.concat(pieces))).toBe(true);
        expect(parts.map((part) => part.number)).toEqual(parts.map((_, at) => at + 1));
        expect(parts.map((part) => part.last)).toEqual(parts.map((_, at) => at === parts.length - 1));
        for (const part of parts.slice(0, -1)) expect(part.bytes.length).toBe(length);
        // No empty part after a full one: S3 would refuse it.
        if (parts.length > 1) expect(parts.at(-1)?.bytes.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 300 },
  );
});

test('ten thousand parts hold what S3 takes for one object', () => {
  const MIB = 1024 * 1024;
  let all = 0;
  for (let number = 1; number <= MAX_PARTS; number += 1) all += partLength(number, 16 * MIB);
  expect(all / 1024 / 1024 / MIB).toBeGreaterThan(4.8);
  // Memory stays a small part of the object.
  expect(partLength(MAX_PARTS, 16 * MIB)).toBeLessThanOrEqual(2048 * MIB);
  expect(partLength(1_250, 16 * MIB)).toBe(16 * MIB);
});

test('an abort is seen between chunks', async () => {
  const abort = new AbortController();
  async function* endless() {
    for (let n = 0; ; n += 1) {
      if (n === 3) abort.abort(new Error('stop'));
      yield Buffer.alloc(10);
    }
  }
  await expect(Array.fromAsync(inParts(endless(), 1000, abort.signal))).rejects.toThrow('stop');
});
