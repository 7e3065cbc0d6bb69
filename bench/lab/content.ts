import { spawn } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BANNER, EXTENT_HEADER_BYTES } from '../../src/rbd-diff/records.ts';
import { DIFF_END, putExtentHeader } from '../../src/rbd-diff/writer.ts';

export const MIB = 1024 * 1024;
const OBJECT_BYTES = 4 * MIB;
const PIECE_BYTES = 64 * 1024;
const CHANGED_SHARE = 0.01;
const WORDS = 64;

/** The same bytes for the same seed, as good as random. */
function noise(seed: string, bytes: number): Buffer {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

function textLike(bytes: number): Buffer {
  const letters = noise('letters', WORDS * 10);
  const words = Array.from({ length: WORDS }, (_, n) => {
    const raw = letters.subarray(n * 10, n * 10 + 3 + (letters[n]! % 7));
    return `${Array.from(raw, (byte) => String.fromCharCode(97 + (byte % 26))).join('')}${n % 12 === 0 ? '.\n' : ' '}`;
  });
  const choice = noise('text', bytes);
  const text = Buffer.alloc(bytes);
  for (let at = 0, n = 0; at < bytes; n += 1) at += text.write(words[choice[n]! % WORDS]!, at);
  return text;
}

const lowEntropy = (bytes: number): Buffer => noise('low', bytes).map((byte) => byte & 3) as Buffer;

const pools = { text: textLike(2 * OBJECT_BYTES), low: lowEntropy(2 * OBJECT_BYTES) };

/** A third is random, a third text-like, a third of low entropy, as `n` goes on. */
function mixed(seed: string, n: number, bytes: number): Buffer {
  if (n % 3 === 0) return noise(`${seed}-${n}`, bytes);
  const pool = n % 3 === 1 ? pools.text : pools.low;
  const start = noise(`${seed}-${n}`, 4).readUInt32LE() % (pool.length - bytes + 1);
  return pool.subarray(start, start + bytes);
}

function dataRecord(offset: number, bytes: Buffer): Buffer {
  const record = Buffer.allocUnsafe(EXTENT_HEADER_BYTES + bytes.length);
  putExtentHeader(record, 0, 'data', offset, bytes.length);
  bytes.copy(record, EXTENT_HEADER_BYTES);
  return record;
}

/** Without a name for the end: such a diff makes no snap. */
function* wholeDisk(sizeBytes: number): Generator<Uint8Array> {
  yield Buffer.from(BANNER, 'latin1');
  for (let n = 0; n < sizeBytes / OBJECT_BYTES; n += 1) {
    const bytes = mixed('disk', n, Math.min(OBJECT_BYTES, sizeBytes - n * OBJECT_BYTES));
    // Nothing must boot from it.
    if (n === 0) bytes.fill(0, 0, 512);
    yield dataRecord(n * OBJECT_BYTES, bytes);
  }
  yield DIFF_END;
}

/** A share of the disk in pieces of 64 KiB, at places that look random. */
function* scattered(sizeBytes: number, round: number, share: number): Generator<Uint8Array> {
  const slots = Math.floor(sizeBytes / PIECE_BYTES);
  const wanted = Math.round(slots * share);
  const places = noise(`places-${round}`, wanted * 8);
  const chosen = new Set<number>();
  for (let at = 0; chosen.size < wanted && at < places.length; at += 4) chosen.add(places.readUInt32LE(at) % slots);
  yield Buffer.from(BANNER, 'latin1');
  let n = 0;
  for (const slot of [...chosen].sort((a, b) => a - b)) {
    // The first piece holds the sector that nothing must boot from.
    if (slot > 0) yield dataRecord(slot * PIECE_BYTES, mixed(`change-${round}`, n++, PIECE_BYTES));
  }
  yield DIFF_END;
}

/** Fills a new image with mixed data. Nobody may have it open. */
export const fillImage = (image: string, sizeBytes: number): Promise<void> => write(image, wholeDisk(sizeBytes));

/** Changes a share of it, elsewhere in each round; a hundredth, unless told. */
export const changeImage = (
  image: string,
  sizeBytes: number,
  round: number,
  share: number = CHANGED_SHARE,
): Promise<void> => write(image, scattered(sizeBytes, round, share));

async function write(image: string, diff: Iterable<Uint8Array>): Promise<void> {
  const child = spawn('rbd', ['import-diff', '--no-progress', '-', image], { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await pipeline(Readable.from(diff), child.stdin);
  const code = await ended;
  if (code !== 0) throw new Error(`rbd import-diff into ${image} ended with ${code}`);
}
