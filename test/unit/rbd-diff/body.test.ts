import { describe, expect, it } from '@jest/globals';
import { parseBody } from '../../../src/rbd-diff/body.ts';
import { readU64, writeU64 } from '../../../src/rbd-diff/numbers.ts';
import { encodeHead } from '../../../src/rbd-diff/writer.ts';
import { data, streamOf, zero } from '../archive/support/streams.ts';

const HEAD = { fromSnap: null, toSnap: 'b', sizeBytes: 1000 };
const BOUNDS = { sizeBytes: 1000, firstOffset: 0 };

async function bodyOf(...records: Parameters<typeof streamOf>[1]): Promise<Uint8Array> {
  const stream = await streamOf(HEAD, records);
  return stream.subarray(encodeHead(HEAD).length, stream.length - 1);
}

describe('parseBody', () => {
  it('finds the records and where they lie', async () => {
    const bytes = await bodyOf(data(2, 'xyz'), zero(5, 95), data(500, 'q'));
    expect(parseBody(bytes, BOUNDS)).toEqual([
      { kind: 'data', offset: 2, length: 3, at: 0 },
      { kind: 'zero', offset: 5, length: 95, at: 20 },
      { kind: 'data', offset: 500, length: 1, at: 37 },
    ]);
    expect(parseBody(new Uint8Array(0), BOUNDS)).toEqual([]);
  });

  it('refuses what is cut off at any byte but between records', async () => {
    const bytes = await bodyOf(data(2, 'xyz'), zero(5, 95));
    for (let length = 1; length < bytes.length; length += 1) {
      if (length !== 20) expect(() => parseBody(bytes.subarray(0, length), BOUNDS)).toThrow(/ends too early/);
    }
  });

  it('refuses records before the first offset, outside the disk, and other records', async () => {
    const bytes = await bodyOf(data(2, 'xyz'));
    expect(() => parseBody(bytes, { ...BOUNDS, firstOffset: 3 })).toThrow(/order/);
    expect(() => parseBody(bytes, { ...BOUNDS, sizeBytes: 4 })).toThrow(/outside/);
    expect(() => parseBody(Buffer.from('e'), BOUNDS)).toThrow(/unknown/);
  });
});

describe('u64', () => {
  it('holds every safe integer', () => {
    const bytes = new Uint8Array(10);
    for (const value of [0, 1, 255, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 52 + 1, Number.MAX_SAFE_INTEGER]) {
      writeU64(bytes, 1, value);
      expect(readU64(bytes, 1)).toBe(value);
      expect(Buffer.from(bytes).readBigUInt64LE(1)).toBe(BigInt(value));
    }
  });
});
