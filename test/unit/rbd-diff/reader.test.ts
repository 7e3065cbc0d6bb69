import { describe, expect, it } from '@jest/globals';
import { hasCode } from '../../../src/domain/errors.ts';
import { readDiff } from '../../../src/rbd-diff/reader.ts';
import type { ExtentRecord } from '../../../src/rbd-diff/records.ts';
import { encodeHead } from '../../../src/rbd-diff/writer.ts';
import { chunked, collect, data, streamOf, zero } from '../archive/support/streams.ts';

const EXPECT = { fromSnap: 'a', toSnap: 'b' };
const HEAD = { ...EXPECT, sizeBytes: 100 };

/** Built by hand from Ceph's doc/dev/rbd-diff.rst. */
const GOLDEN = Buffer.concat([
  Buffer.from('rbd diff v1\n'),
  Buffer.from('f\x01\0\0\0a', 'latin1'),
  Buffer.from('t\x01\0\0\0b', 'latin1'),
  Buffer.from('s\x64\0\0\0\0\0\0\0', 'latin1'),
  Buffer.from('w\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0xyz', 'latin1'),
  Buffer.from('z\x05\0\0\0\0\0\0\0\x5f\0\0\0\0\0\0\0', 'latin1'),
  Buffer.from('e'),
]);

async function read(bytes: Uint8Array, expected: Parameters<typeof readDiff>[1] = EXPECT, ...lengths: number[]) {
  const { head, records } = await readDiff(chunked(bytes, ...lengths), expected);
  const found: ExtentRecord[] = [];
  for await (const record of records)
    found.push(record.kind === 'data' ? data(record.offset, Buffer.concat(record.pieces)) : record);
  return { head, records: found };
}

const refusal = (bytes: Uint8Array, expected = EXPECT) =>
  read(bytes, expected).then(
    () => undefined,
    (error) => error,
  );

async function refused(bytes: Uint8Array, reason: RegExp) {
  const error = await refusal(bytes);
  expect(hasCode(error, 'diff.malformed')).toBe(true);
  expect(error.fault).toBe('errored');
  expect(error.message).toMatch(reason);
}

const body = (...records: ExtentRecord[]) => streamOf(HEAD, records);

describe('readDiff', () => {
  it('reads a stream as Ceph documents it', async () => {
    const { head, records } = await read(GOLDEN);
    expect(head).toEqual(HEAD);
    expect(records).toEqual([data(2, 'xyz'), zero(5, 95)]);
  });

  it('is written the same way', async () => {
    expect(await body(data(2, 'xyz'), zero(5, 95))).toEqual(GOLDEN);
  });

  it('reads a whole image, and one that did not change', async () => {
    const whole = { fromSnap: null, toSnap: 'b' };
    const bytes = await streamOf({ ...whole, sizeBytes: 0 }, []);
    expect(await read(bytes, whole)).toEqual({ head: { ...whole, sizeBytes: 0 }, records: [] });
  });

  it('does not care how the bytes are chunked', async () => {
    const expected = await read(GOLDEN);
    for (let length = 1; length <= GOLDEN.length; length += 1)
      expect(await read(GOLDEN, EXPECT, length)).toEqual(expected);
  });

  it('cuts long records into several', async () => {
    const bytes = await body(data(10, 'abcdefg'));
    const { records } = await readDiff(chunked(bytes, 5), EXPECT, { maxDataBytes: 3 });
    const found = (await Array.fromAsync(records)).map((one) => [
      one.offset,
      one.kind === 'data' ? Buffer.concat(one.pieces).toString() : '',
    ]);
    expect(found).toEqual([
      [10, 'abc'],
      [13, 'def'],
      [16, 'g'],
    ]);
  });

  it('refuses a stream that is cut off at any byte', async () => {
    for (let length = 0; length < GOLDEN.length; length += 1) {
      await refused(GOLDEN.subarray(0, length), /ends too early|begin/);
    }
  });

  it('refuses anything after the end', () => refused(Buffer.concat([GOLDEN, Buffer.from([0])]), /follows/));

  it('refuses other snapshots, sizes and banners', async () => {
    expect(hasCode(await refusal(GOLDEN, { fromSnap: 'c', toSnap: 'b' }), 'diff.malformed')).toBe(true);
    expect(hasCode(await refusal(GOLDEN, { fromSnap: 'a', toSnap: 'c' }), 'diff.malformed')).toBe(true);
    await expect(read(GOLDEN, { fromSnap: null, toSnap: 'b' })).rejects.toThrow(/metadata/);
    await expect(read(GOLDEN, { ...EXPECT, sizeBytes: 99 })).rejects.toThrow(/size/);
    await refused(Buffer.from(GOLDEN.toString('latin1').replace('v1', 'v2'), 'latin1'), /begin/);
  });

  it('refuses extents out of order, overlapping, empty, or outside', async () => {
    await refused(await body(data(5, 'abc'), data(2, 'x')), /out of order/);
    await refused(await body(data(5, 'abc'), zero(7, 1)), /overlap/);
    await refused(await body(zero(7, 0)), /empty/);
    await refused(await body(zero(99, 2)), /outside/);
    await refused(await body(zero(101, 1)), /outside/);
    await refused(await body(zero(1, Number.MAX_SAFE_INTEGER)), /outside/);
  });

  it('refuses metadata twice, missing, late or unknown', async () => {
    const head = Buffer.from(encodeHead(HEAD));
    const size = head.subarray(head.length - 9);
    const end = Buffer.from('e');
    await refused(Buffer.concat([head, size, end]), /unknown kind/);
    await refused(Buffer.concat([head.subarray(0, head.length - 9), end]), /metadata/);
    await refused(Buffer.concat([head, Buffer.from('q'), end]), /unknown kind/);
  });

  it('refuses numbers that cannot be held exactly', async () => {
    const bytes = Buffer.from(GOLDEN);
    bytes.writeBigUInt64LE(2n ** 53n, 25);
    await refused(bytes, /too great/);
  });

  it('refuses a name or a record that would take too much memory, before reading it', async () => {
    const name = Buffer.from(GOLDEN);
    name.writeUInt32LE(0xffff_ffff, 13);
    await refused(name, /name is too long/);
    const size = 2 ** 40;
    const head = encodeHead({ ...HEAD, sizeBytes: size });
    const record = Buffer.alloc(17);
    record[0] = 0x77;
    record.writeBigUInt64LE(BigInt(size), 9);
    await refused(Buffer.concat([head, record]), /record is too long/);
  });

  it('passes the error of the source on, and tells the source when it wants no more', async () => {
    let closed = false;
    async function* broken() {
      try {
        yield GOLDEN.subarray(0, 40);
        throw new Error('pipe broke');
      } finally {
        closed = true;
      }
    }
    const { records } = await readDiff(broken(), EXPECT);
    await expect(Array.fromAsync(records)).rejects.toThrow('pipe broke');
    closed = false;
    async function* wrong() {
      try {
        yield Buffer.from('not a diff at all, whatever comes');
        yield Buffer.alloc(1);
      } finally {
        closed = true;
      }
    }
    await expect(readDiff(wrong(), EXPECT)).rejects.toThrow(/begin/);
    expect(closed).toBe(true);
  });

  it('survives collecting what it wrote', async () => {
    expect(await collect(chunked(GOLDEN, 7))).toEqual(GOLDEN);
  });
});
