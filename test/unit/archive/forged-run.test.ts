import { beforeEach, describe, expect, it } from '@jest/globals';
import { sha256Hex } from '../../../src/archive/format/digest.ts';
import { encodeTrailer, type Footer } from '../../../src/archive/format/footer.ts';
import { plainParts } from '../../../src/archive/format/run-parts.ts';
import { noKeys } from '../../../src/archive/keys/no-keys.ts';
import { openBySize } from '../../../src/archive/runs/open-run.ts';
import { restoreStream } from '../../../src/archive/runs/restore-stream.ts';
import { verifyRun } from '../../../src/archive/runs/verify-run.ts';
import type { RunSummary } from '../../../src/archive/runs/write-run.ts';
import { hasCode } from '../../../src/domain/errors.ts';
import { refOf, store } from './support/backups.ts';
import { MemoryTarget } from './support/memory-target.ts';
import { data, zero } from './support/streams.ts';

let target: MemoryTarget;
let run: RunSummary;
let stored: Uint8Array;
let footer: Footer;
let footerAt: number;

beforeEach(async () => {
  target = new MemoryTarget();
  run = await store(target, 1, 1, null, 1000, [data(0, 'hello'), zero(10, 20), data(30, 'world')]);
  stored = target.objects.get(run.object)!;
  footer = (await openBySize(target, run.object, stored.length, noKeys)).footer;
  footerAt = Number(Buffer.from(stored).readBigUInt64LE(stored.length - 44));
});

/** A run whose hashes all fit, of another footer and other bytes in front of it: what a bug of ours could write. */
function forge(lie: unknown, before = Buffer.from(stored.subarray(0, footerAt))): RunSummary {
  const newFooter = plainParts(run.object).sealTable({ kind: 'footer', number: 0 }, Buffer.from(JSON.stringify(lie)));
  const whole = Buffer.concat([before, ...newFooter.chunks, encodeTrailer('rewind-run/1', before.length, newFooter)]);
  target.objects.set(run.object, whole);
  return { ...run, footer_sha256: newFooter.sha256.toString('hex'), stored_bytes: whole.length };
}

async function refused(forged: RunSummary): Promise<void> {
  expect(hasCode(await verifyRun(target, refOf(forged), noKeys).catch((error) => error), 'archive.damaged')).toBe(true);
}

describe('a run whose hashes fit but whose tables lie', () => {
  it('is taken when nothing was changed', () => verifyRun(target, refOf(forge(footer)), noKeys));

  it.each<[string, (honest: Footer) => unknown]>([
    ['another format', (one) => ({ ...one, format: 'rewind-run/2' })],
    ['an unknown field', (one) => ({ ...one, more: 1 })],
    ['another disk size', (one) => ({ ...one, size_bytes: 999 })],
    ['a smaller disk than its data', (one) => ({ ...one, size_bytes: 20 })],
    ['another snap', (one) => ({ ...one, to_snap: 'rewind-b-other' })],
    ['a base it does not have', (one) => ({ ...one, from_snap: 'rewind-b-other' })],
    ['wrong sums', (one) => ({ ...one, changed_bytes: 11 })],
    ['wrong plain bytes', (one) => ({ ...one, plain_bytes: one.plain_bytes + 1 })],
    ['wrong numbers of frames', (one) => ({ ...one, frames: 2 })],
    ['wrong numbers of frames everywhere', (one) => ({ ...one, frames: 2, blocks: [{ ...one.blocks[0], frames: 2 }] })],
    [
      'wrong numbers of extents everywhere',
      (one) => ({ ...one, extents: 4, blocks: [{ ...one.blocks[0], extents: 4 }] }),
    ],
    ['no blocks', (one) => ({ ...one, frames: 0, extents: 0, blocks: [] })],
    ['the same block twice', (one) => ({ ...one, frames: 2, extents: 6, blocks: [one.blocks[0], one.blocks[0]] })],
    ['another begin', (one) => ({ ...one, blocks: [{ ...one.blocks[0], first: 1 }] })],
    ['another end', (one) => ({ ...one, blocks: [{ ...one.blocks[0], end: 36 }] })],
    [
      'shifted parts',
      (one) => ({
        ...one,
        head: { ...one.head, stored_bytes: one.head.stored_bytes + 1 },
        end: { ...one.end, stored_bytes: one.end.stored_bytes - 1 },
      }),
    ],
    ['sizes beyond reason', (one) => ({ ...one, size_bytes: 2 ** 60 })],
    ['nothing', () => ({})],
    ['no object', () => 'footer'],
  ])('is refused: %s', (_what, lie) => refused(forge(lie(footer))));

  it('is refused when something lies between its parts', async () => {
    const before = Buffer.concat([stored.subarray(0, footerAt), Buffer.from('gap')]);
    await refused(forge(footer, before));
  });

  it('is refused by verify and by restore when the index tells other extents than the frames', async () => {
    const block = footer.blocks[0]!;
    const blockAt = footer.head.stored_bytes + block.frames_bytes;
    // Numbers of the last extent: gap 0, 'w', length 5. The gap before it is 0 as it touches the zeros.
    const tampered: [string, (bytes: Buffer) => void][] = [
      ['data called zeros', (bytes) => bytes.write('z', blockAt + block.block_bytes - 2)],
      ['data called shorter', (bytes) => bytes.writeUInt8(4, blockAt + block.block_bytes - 1)],
      ['data moved', (bytes) => bytes.writeUInt8(1, blockAt + block.block_bytes - 3)],
      ['another plain length', (bytes) => bytes.writeUInt8(bytes[blockAt + 9]! + 1, blockAt + 9)],
    ];
    for (const [what, tamper] of tampered) {
      const before = Buffer.from(stored.subarray(0, footerAt));
      tamper(before);
      const sha256 = sha256Hex(before.subarray(blockAt, blockAt + block.block_bytes));
      const end = what === 'data called shorter' ? block.end - 1 : what === 'data moved' ? block.end + 1 : block.end;
      const forged = forge({ ...footer, blocks: [{ ...block, sha256, end }] }, before);
      await refused(forged);
      const { signal } = new AbortController();
      const restored = Array.fromAsync(
        restoreStream({ runs: [refOf(forged)], sizeBytes: 1000, toSnap: 'end', target, keys: noKeys, signal }),
      );
      expect({ what, code: (await restored.catch((error) => error)).code }).toEqual({
        what,
        code: 'vm-backup.archive.damaged',
      });
    }
  });
});
