import { ByteQueue } from './byte-queue.ts';
import { ExtentOrder } from './extent-order.ts';
import { brokenOff, malformed } from './malformed.ts';
import { readU32, readU64 } from './numbers.ts';
import {
  BANNER,
  type DiffHead,
  EXTENT_HEADER_BYTES,
  type ExtentRecord,
  MAX_DATA_RECORD_BYTES,
  MAX_SNAP_NAME_BYTES,
  TAG,
} from './records.ts';

export interface ExpectedDiff {
  /** Null: the stream must hold the whole image. */
  fromSnap: string | null;
  toSnap: string;
  /** Absent: any size. Bytes. */
  sizeBytes?: number;
}

export interface ReadDiffOptions {
  /**
   * A `w` record longer than this many bytes is handed out as several, one after the other: they mean the same and need
   * less memory. At most (and by default) MAX_DATA_RECORD_BYTES.
   */
  maxDataBytes?: number;
}

/**
 * Reads one `rbd diff v1` stream and trusts nothing in it: it accepts known tags only, metadata once and first, names
 * and size as expected, extents in order and within the image, an end record and nothing after it. The iteration ends
 * normally only when all of that held. Throws `diff.malformed`, or what the source throws.
 */
export async function readDiff(source: AsyncIterable<Uint8Array>, expect: ExpectedDiff, options: ReadDiffOptions = {}) {
  const queue = new ByteQueue(source);
  try {
    const head = await readHead(queue, expect);
    return { head, records: readExtents(queue, head, options) };
  } catch (error) {
    await queue.close();
    throw error;
  }
}

async function readHead(queue: ByteQueue, expect: ExpectedDiff): Promise<DiffHead> {
  const banner = await need(queue, BANNER.length);
  if (Buffer.from(banner).toString('latin1') !== BANNER) throw malformed('it does not begin as one');
  // rbd writes them in this order, so nothing else is accepted.
  if (expect.fromSnap !== null) await readName(queue, TAG.from, expect.fromSnap);
  await readName(queue, TAG.to, expect.toSnap);
  await needTag(queue, TAG.size);
  const sizeBytes = readU64(await need(queue, 8), 0);
  if (expect.sizeBytes !== undefined && sizeBytes !== expect.sizeBytes) throw malformed('the image has another size');
  return { fromSnap: expect.fromSnap, toSnap: expect.toSnap, sizeBytes };
}

async function* readExtents(
  queue: ByteQueue,
  head: DiffHead,
  options: ReadDiffOptions,
): AsyncGenerator<ExtentRecord, void, undefined> {
  const maxDataBytes = Math.min(options.maxDataBytes ?? MAX_DATA_RECORD_BYTES, MAX_DATA_RECORD_BYTES);
  const order = new ExtentOrder(head.sizeBytes);
  try {
    for (;;) {
      if (queue.size < 1 && !(await queue.fill(1))) throw brokenOff(queue.passed, 1);
      const tag = queue.take(1)[0]!;
      if (tag === TAG.end) break;
      if (tag !== TAG.data && tag !== TAG.zero) throw malformed('a record is of an unknown kind');
      const fields = await need(queue, EXTENT_HEADER_BYTES - 1);
      const offset = readU64(fields, 0);
      const length = readU64(fields, 8);
      order.accept(offset, length);
      if (tag === TAG.zero) {
        yield { kind: 'zero', offset, length };
        continue;
      }
      if (length > MAX_DATA_RECORD_BYTES) throw malformed('a record is too long');
      for (let done = 0; done < length; ) {
        const part = Math.min(maxDataBytes, length - done);
        if (queue.size < part && !(await queue.fill(part))) throw brokenOff(queue.passed, part);
        yield { kind: 'data', offset: offset + done, length: part, pieces: queue.takePieces(part) };
        done += part;
      }
    }
    if (await queue.fill(1)) throw malformed('something follows its end');
  } finally {
    await queue.close();
  }
}

async function readName(queue: ByteQueue, tag: number, expected: string): Promise<void> {
  await needTag(queue, tag);
  const length = readU32(await need(queue, 4), 0);
  if (length > MAX_SNAP_NAME_BYTES) throw malformed('a name is too long');
  const name = await need(queue, length);
  if (!Buffer.from(expected, 'utf8').equals(name)) throw malformed('it belongs to other snapshots');
}

async function needTag(queue: ByteQueue, tag: number): Promise<void> {
  if ((await need(queue, 1))[0] !== tag) throw malformed('its metadata is not as expected');
}

async function need(queue: ByteQueue, length: number): Promise<Uint8Array> {
  if (queue.size < length && !(await queue.fill(length))) throw brokenOff(queue.passed, length);
  return length === 0 ? new Uint8Array(0) : queue.take(length);
}
