import { describe, expect, it } from '@jest/globals';
import { runObject } from '../../../src/archive/format/layout.ts';
import { noKeys } from '../../../src/archive/keys/no-keys.ts';
import { openRun } from '../../../src/archive/runs/open-run.ts';
import { verifyRun } from '../../../src/archive/runs/verify-run.ts';
import { type WriteRunOptions, writeRun } from '../../../src/archive/runs/write-run.ts';
import { hasCode, RewindError } from '../../../src/domain/errors.ts';
import { backupId, diskEntry, place, snapOf, store } from './support/backups.ts';
import { MemoryTarget } from './support/memory-target.ts';
import { stockStream } from './support/stock-tools.ts';
import { chunked, data, type FakeSource, sourceOf, streamOf, zero } from './support/streams.ts';

const MIB = 1024 * 1024;
const EXPECT = { fromSnap: null, toSnap: snapOf(1) };
const OBJECT = runObject(place(1), backupId(1), 1);
const noise = (length: number, salt = 1): Buffer => {
  const bytes = Buffer.alloc(length);
  for (let at = 0, x = salt; at < length; at += 1) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    bytes[at] = x >>> 16;
  }
  return bytes;
};

function options(target: MemoryTarget, source: FakeSource, more: Partial<WriteRunOptions> = {}): WriteRunOptions {
  return { source, expect: EXPECT, target, object: OBJECT, key: null, signal: new AbortController().signal, ...more };
}

const small = () => streamOf({ ...EXPECT, sizeBytes: 1000 }, [data(0, 'hello'), zero(10, 20), data(30, 'world')]);

async function expectNothing(act: Promise<unknown>, target: MemoryTarget, source: FakeSource, what: RegExp) {
  await expect(act).rejects.toThrow(what);
  expect(target.objects.size).toBe(0);
  expect(source.killed).toBe(true);
}

describe('writeRun', () => {
  it('stores a run that decompresses to the stock stream, and says what it is', async () => {
    const target = new MemoryTarget();
    const stream = await small();
    const source = sourceOf(chunked(stream, 7));
    const run = await writeRun(options(target, source));
    const stored = target.objects.get(OBJECT)!;
    expect(stockStream(stored)).toEqual(stream);
    expect(run).toEqual({
      object: OBJECT,
      footer_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      stored_bytes: stored.length,
      plain_bytes: stream.length,
      changed_bytes: 10,
      zero_bytes: 20,
      size_bytes: 1000,
      frames: 1,
      extents: 3,
      from_snap: null,
      to_snap: snapOf(1),
    });
    expect((await openRun(target, run, noKeys)).summary).toEqual(run);
    await verifyRun(target, run, noKeys);
    expect(source.killed).toBe(false);
  });

  it('stores a disk that did not change', async () => {
    const target = new MemoryTarget();
    const run = await store(target, 1, 2, 1, 1000, []);
    expect(run).toMatchObject({ frames: 0, extents: 0, changed_bytes: 0, from_snap: snapOf(1) });
    await verifyRun(target, diskEntry(1, 2, [run]).runs[0]!, noKeys);
  });

  it('cuts long records, fills frames, and reports progress', async () => {
    const target = new MemoryTarget();
    const records = [
      data(0, noise(10 * MIB)),
      data(10 * MIB, noise(MIB)),
      zero(11 * MIB, 1000 * MIB),
      data(1100 * MIB, noise(3 * MIB)),
    ];
    let reported = 0;
    const run = await store(target, 1, 1, null, 2000 * MIB, records, {
      onProgress: (bytes) => {
        reported += bytes;
      },
    });
    expect(run.changed_bytes).toBe(14 * MIB);
    expect(run.frames).toBe(4);
    expect(reported).toBeGreaterThan(14 * MIB);
    await verifyRun(target, run, noKeys);
    const plain = stockStream(target.objects.get(OBJECT)!);
    // 10 MiB became three records: two headers more.
    expect(plain.length).toBe((await streamOf({ ...EXPECT, sizeBytes: 2000 * MIB }, records)).length + 2 * 17);
  });

  it('makes smaller frames of scattered changes, and bounds the records in one', async () => {
    const target = new MemoryTarget();
    const scattered = Array.from({ length: 1000 }, (_, n) => data(n * 64 * 1024, noise(4096, n)));
    expect((await store(target, 1, 1, null, 2000 * MIB, scattered)).frames).toBe(8);
    const zeros = Array.from({ length: 10_000 }, (_, n) => zero(n * 8192, 4096));
    const run = await store(target, 2, 1, null, 2000 * MIB, zeros);
    expect(run).toMatchObject({ frames: 3, extents: 10_000, zero_bytes: 10_000 * 4096 });
    await verifyRun(target, run, noKeys);
  });

  it('keeps an index of many blocks', async () => {
    const target = new MemoryTarget();
    const zeros = Array.from({ length: 60_000 }, (_, n) => zero(n * 8192, 4096));
    const run = await store(target, 1, 1, null, 2000 * MIB, zeros);
    expect(run.extents).toBe(60_000);
    await verifyRun(target, run, noKeys);
  });
});

describe('writeRun leaves nothing and ends the source', () => {
  it('when the stream breaks off, at any byte', async () => {
    const stream = await small();
    for (let length = 0; length < stream.length; length += 1) {
      const target = new MemoryTarget();
      const source = sourceOf(chunked(stream.subarray(0, length), 16));
      await expectNothing(writeRun(options(target, source)), target, source, /malformed/);
    }
  });

  it('when rbd fails at the start, in the middle, or after the last byte, and says why', async () => {
    const stream = await small();
    for (const length of [0, 40, stream.length]) {
      const target = new MemoryTarget();
      const failed = Promise.reject(new RewindError('ceph.timeout', 'rbd hung'));
      const source = sourceOf(chunked(stream.subarray(0, length), 16), failed);
      await expectNothing(writeRun(options(target, source)), target, source, /rbd hung/);
    }
  });

  it('when the stream throws, goes on after its end, or is of another snap', async () => {
    const stream = await small();
    async function* broken() {
      yield stream.subarray(0, 50);
      throw new Error('EPIPE');
    }
    for (const [chunks, what] of [
      [broken(), /EPIPE/],
      [chunked(Buffer.concat([stream, Buffer.from('x')]), 16), /follows/],
      [chunked(Buffer.from(stream.toString('latin1').replace('rewind-b', 'rewind-c'), 'latin1'), 16), /snapshots/],
    ] as const) {
      const target = new MemoryTarget();
      const source = sourceOf(chunks);
      await expectNothing(writeRun(options(target, source)), target, source, what);
    }
  });

  it('when the target fails, however far it came', async () => {
    for (const after of [0, 1, 2, 3]) {
      const target = new MemoryTarget();
      target.put = async (_name, chunks) => {
        let count = 0;
        for await (const _ of chunks)
          if (count++ === after) throw new RewindError('target.full', 'The target is full.');
        throw new RewindError('target.full', 'The target is full.');
      };
      const source = sourceOf(chunked(await small(), 16));
      const error = await writeRun(options(target, source)).catch((one) => one);
      expect(hasCode(error, 'target.full')).toBe(true);
      if (after < 3) expect(source.killed).toBe(true);
    }
  });

  it('when the target takes fewer bytes than it got', async () => {
    const target = new MemoryTarget();
    const put = target.put.bind(target);
    target.put = async (name, chunks) => (await put(name, chunks)) - 1;
    await expect(writeRun(options(target, sourceOf(chunked(await small(), 16))))).rejects.toThrow(/did not take/);
  });

  it('when it is aborted, before or in the middle', async () => {
    for (const early of [true, false]) {
      const target = new MemoryTarget();
      const abort = new AbortController();
      const stream = await small();
      let end = () => {};
      const hangs = new Promise<void>((resolve) => {
        end = resolve;
      });
      async function* hanging() {
        yield stream.subarray(0, 60);
        if (!early) setImmediate(() => abort.abort(new Error('stop')));
        await hangs;
      }
      const source = sourceOf(hanging());
      source.kill = () => {
        source.killed = true;
        end();
      };
      if (early) abort.abort(new Error('stop'));
      await expectNothing(writeRun(options(target, source, { signal: abort.signal })), target, source, /^stop$/);
    }
  });
});
