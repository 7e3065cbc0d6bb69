import { giveBack } from '../../domain/give-back.ts';
import { EXTENT_HEADER_BYTES, type ExtentRecord } from '../../rbd-diff/records.ts';
import { putExtentHeader } from '../../rbd-diff/writer.ts';
import { type Extent, pushExtent } from './extents.ts';
import {
  FRAME_PLAIN_BYTES,
  MAX_FRAME_PLAIN_BYTES,
  MAX_FRAME_RECORDS,
  SCATTERED_FRAME_PLAIN_BYTES,
  SCATTERED_SPAN_FACTOR,
} from './format-limits.ts';

/** Buffers are reused: the page faults of fresh ones would cost more than the copying. */
export class FrameBuffers {
  readonly #free: Uint8Array[] = [];
  readonly #keep: number;

  /** `keep`: how many unused buffers are kept. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  take(): Uint8Array {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(MAX_FRAME_PLAIN_BYTES);
  }

  give(buffer: Uint8Array): void {
    if (this.#free.length < this.#keep) this.#free.push(buffer);
  }
}

/** A sequence of whole records, as rbd wrote them. */
export class PlainFrame {
  readonly buffer: Uint8Array;
  /** What the records cover; extents that touch are joined. */
  readonly extents: Extent[] = [];
  /** Bytes of data records, and of records of zeros, without their headers. */
  dataBytes = 0;
  zeroBytes = 0;
  #used = 0;
  #records = 0;

  /** `buffer`: MAX_FRAME_PLAIN_BYTES long, with any content. */
  constructor(buffer: Uint8Array) {
    this.buffer = buffer;
  }

  get plain(): Uint8Array {
    return this.buffer.subarray(0, this.#used);
  }

  get isEmpty(): boolean {
    return this.#used === 0;
  }

  /** True: no further record should be added. */
  get isFull(): boolean {
    if (this.#used >= FRAME_PLAIN_BYTES || this.#records >= MAX_FRAME_RECORDS) return true;
    if (this.#used < SCATTERED_FRAME_PLAIN_BYTES) return false;
    return this.extents.at(-1)!.end - this.extents[0]!.start > SCATTERED_SPAN_FACTOR * this.#used;
  }

  hasRoomFor(record: ExtentRecord): boolean {
    return this.#used + sizeOf(record) <= this.buffer.length;
  }

  /**
   * Also releases the pieces' memory: they come in order, so a chunk is used up with the piece that reaches its end.
   */
  add(record: ExtentRecord): void {
    putExtentHeader(this.buffer, this.#used, record.kind, record.offset, record.length);
    this.#used += EXTENT_HEADER_BYTES;
    this.#records += 1;
    pushExtent(this.extents, record.offset, record.offset + record.length, record.kind === 'zero');
    if (record.kind === 'zero') {
      this.zeroBytes += record.length;
      return;
    }
    this.dataBytes += record.length;
    for (const piece of record.pieces) {
      this.buffer.set(piece, this.#used);
      this.#used += piece.length;
      if (piece.byteOffset + piece.length === piece.buffer.byteLength) giveBack(piece);
    }
  }
}

/** Packs records, none longer than MAX_FRAME_DATA_BYTES, into frames. The consumer returns the buffers. */
export async function* plainFrames(
  records: AsyncIterable<ExtentRecord>,
  buffers: FrameBuffers,
): AsyncGenerator<PlainFrame, void, undefined> {
  let frame = new PlainFrame(buffers.take());
  for await (const record of records) {
    if (!frame.hasRoomFor(record)) {
      yield frame;
      frame = new PlainFrame(buffers.take());
    }
    frame.add(record);
    if (frame.isFull) {
      yield frame;
      frame = new PlainFrame(buffers.take());
    }
  }
  if (!frame.isEmpty) yield frame;
}

const sizeOf = (record: ExtentRecord): number => EXTENT_HEADER_BYTES + (record.kind === 'data' ? record.length : 0);
