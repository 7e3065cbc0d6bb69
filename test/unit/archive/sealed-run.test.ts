import { createDecipheriv } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { sha256Hex } from '../../../src/archive/format/digest.ts';
import { noKeys } from '../../../src/archive/keys/no-keys.ts';
import { openBySize } from '../../../src/archive/runs/open-run.ts';
import { restoreStream } from '../../../src/archive/runs/restore-stream.ts';
import { verifyRun } from '../../../src/archive/runs/verify-run.ts';
import type { RunSummary } from '../../../src/archive/runs/write-run.ts';
import { type ErrorCode, hasCode } from '../../../src/domain/errors.ts';
import type { KeyRing } from '../../../src/ports/keys.ts';
import { refOf, store } from './support/backups.ts';
import { fixedRing } from './support/key-rings.ts';
import { MemoryTarget } from './support/memory-target.ts';
import { stockStream } from './support/stock-tools.ts';
import { collect, data, zero } from './support/streams.ts';

const MIB = 1024 * 1024;
const SIZE = 64 * MIB;
const SECRET = 'a secret that must not be found on the target';
const keys = fixedRing();
const key = await keys.current(new MemoryTarget(), '');
const { signal } = new AbortController();

const restore = (target: MemoryTarget, runs: RunSummary[], ring: KeyRing = keys) =>
  collect(restoreStream({ runs: runs.map(refOf), sizeBytes: SIZE, toSnap: 'end', target, keys: ring, signal }));
/** Text that zstd leaves readable in a small frame. */
const records = () => [
  data(0, SECRET),
  zero(MIB, MIB),
  data(4 * MIB, Buffer.alloc(9 * MIB, 'x')),
  data(20 * MIB, Buffer.from(Array.from({ length: 3 * MIB }, (_, n) => (n * n) >> 7))),
];

async function refusal(act: () => Promise<unknown>, code: ErrorCode = 'archive.damaged'): Promise<string> {
  const error = await act().then(
    () => new Error('was not refused'),
    (one) => one as Error,
  );
  expect(hasCode(error, code) ? code : error).toBe(code);
  return error.message;
}

describe('an encrypted run', () => {
  it('restores to what the same run in clear restores to, and tells nothing on the target', async () => {
    const clear = new MemoryTarget();
    const sealed = new MemoryTarget();
    const inClear = await store(clear, 1, 1, null, SIZE, records());
    const run = await store(sealed, 1, 1, null, SIZE, records(), { key });
    await verifyRun(sealed, refOf(run), keys);
    expect((await restore(sealed, [run])).equals(await restore(clear, [inClear], noKeys))).toBe(true);
    const stored = Buffer.from(sealed.objects.get(run.object)!);
    const words = await store(clear, 2, 1, null, SIZE, [data(0, SECRET)]);
    expect(Buffer.from(clear.objects.get(words.object)!).includes(SECRET)).toBe(true);
    for (const word of [SECRET, 'rewind-b-', 'to_snap', 'size_bytes', 'rbd diff'])
      expect(stored.includes(word)).toBe(false);
    const { object: _o, stored_bytes: _s, footer_sha256: _f, ...sums } = run;
    expect(inClear).toMatchObject(sums);
  });

  it('is a file of skippable frames, which stock zstd walks through and finds empty', async () => {
    const target = new MemoryTarget();
    const run = await store(target, 1, 1, null, SIZE, records(), { key });
    expect(stockStream(target.objects.get(run.object)!).length).toBe(0);
  });

  it('is opened by what docs/format.md says and nothing else', async () => {
    const target = new MemoryTarget();
    const run = await store(target, 1, 1, null, SIZE, [data(0, SECRET)], { key });
    const stored = Buffer.from(target.objects.get(run.object)!);
    expect(stored.subarray(-60, -44).toString()).toBe('rewind-run-end/2');
    const at = Number(stored.readBigUInt64LE(stored.length - 44));
    const footer = stored.subarray(at + 8, at + stored.readUInt32LE(stored.length - 36));
    expect(sha256Hex(stored.subarray(at, at + footer.length + 8))).toBe(run.footer_sha256);
    const unwrap = createDecipheriv('id-aes256-wrap', key!.key, Buffer.alloc(8, 0xa6));
    const dataKey = Buffer.concat([unwrap.update(footer.subarray(16, 56)), unwrap.final()]);
    const open = (kind: string, number: number, plainBytes: number, sealed: Buffer) => {
      const nonce = Buffer.concat([Buffer.from(kind), Buffer.alloc(3), Buffer.alloc(8)]);
      nonce.writeBigUInt64LE(BigInt(number), 4);
      const words = Buffer.alloc(13);
      words.write(kind);
      words.writeBigUInt64LE(BigInt(number), 1);
      words.writeUInt32LE(plainBytes, 9);
      const gcm = createDecipheriv('aes-256-gcm', dataKey, nonce);
      gcm.setAAD(Buffer.concat([Buffer.from('rewind-run/2'), words, Buffer.from(run.object)]));
      gcm.setAuthTag(sealed.subarray(-16));
      return Buffer.concat([gcm.update(sealed.subarray(0, -16)), gcm.final()]);
    };
    const table = JSON.parse(open('t', 0, footer.length - 72, footer.subarray(56)).toString());
    expect(table).toMatchObject({ format: 'rewind-run/2', to_snap: run.to_snap, plain_bytes: run.plain_bytes });
    const frameAt = table.head.stored_bytes;
    const frame = stored.subarray(frameAt + 8, frameAt + table.blocks[0].frames_bytes);
    expect(
      zstdDecompressSync(open('f', 0, SECRET.length + 17, frame))
        .subarray(17)
        .toString(),
    ).toBe(SECRET);
  });

  it('never uses a data key twice', async () => {
    const envelopes = new Set<string>();
    for (let n = 0; n < 50; n += 1) {
      const target = new MemoryTarget();
      const run = await store(target, 1, 1, null, SIZE, [], { key });
      const stored = Buffer.from(target.objects.get(run.object)!);
      const at = Number(stored.readBigUInt64LE(stored.length - 44));
      envelopes.add(stored.subarray(at + 8, at + 64).toString('hex'));
    }
    expect(envelopes.size).toBe(50);
  });

  it('goes on from one in clear, and one in clear from it', async () => {
    const target = new MemoryTarget();
    const runs = [await store(target, 1, 1, null, SIZE, records())];
    runs.unshift(await store(target, 1, 2, 1, SIZE, [data(0, 'changed')], { key }));
    runs.unshift(await store(target, 1, 3, 2, SIZE, [zero(4 * MIB, MIB)]));
    const image = await restore(target, runs);
    expect(image.includes('changedt that must not be found')).toBe(true);
    await refusal(() => restore(target, runs, noKeys), 'config.encryption-key');
  });

  it('is found again by whoever continues, and not under the name of another', async () => {
    const target = new MemoryTarget();
    const run = await store(target, 1, 1, null, SIZE, [data(0, SECRET)], { key });
    const other = await store(target, 2, 1, null, SIZE, [data(0, 'of another disk')], { key });
    const open = () => openBySize(target, run.object, target.objects.get(run.object)!.length, keys);
    expect((await open()).summary).toEqual(run);
    // All that an attacker who writes to the target can do: every hash fits, only the name does not.
    target.objects.set(run.object, target.objects.get(other.object)!);
    expect(await refusal(open)).toMatch(/its footer was changed, or belongs/);
  });

  it('is refused under another key of the project', async () => {
    const target = new MemoryTarget();
    const run = await store(target, 1, 1, null, SIZE, [data(0, SECRET)], { key });
    expect(await refusal(() => verifyRun(target, refOf(run), fixedRing(8)))).toMatch(/not wrapped under the key/);
  });
});
