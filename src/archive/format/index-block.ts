import { TAG } from '../../rbd-diff/records.ts';
import { damaged } from '../runs/damage.ts';
import { SHA256_BYTES, sha256Hex } from './digest.ts';
import type { Extent } from './extents.ts';
import type { IndexBlockInfo } from './footer.ts';
import {
  INDEX_BLOCK_BYTES,
  MAX_FRAME_PLAIN_BYTES,
  MAX_FRAME_RECORDS,
  MAX_FRAME_STORED_BYTES,
} from './format-limits.ts';
import type { RunParts, StoredPart } from './run-parts.ts';
import { pushVarint, VarintReader } from './varint.ts';

/** One frame of a run: where it lies, and what it covers. */
export interface FrameEntry {
  /** Position among the frames of the run, from 0. */
  number: number;
  /** Where its stored bytes begin in the object. */
  offset: number;
  storedBytes: number;
  plainBytes: number;
  /** Hash of the stored bytes. */
  sha256: Uint8Array;
  /** Sorted and never empty; extents of one kind that touch are joined. */
  extents: Extent[];
}

/** Collects the entries of frames until there are enough of them for a block. */
export class IndexBlockBuilder {
  #bytes: number[] = [];
  #frames = 0;
  #extents = 0;
  #framesBytes = 0;
  #first = 0;
  #end = 0;

  get isEmpty(): boolean {
    return this.#frames === 0;
  }

  get isFull(): boolean {
    return this.#bytes.length >= INDEX_BLOCK_BYTES;
  }

  add(frame: Omit<FrameEntry, 'offset' | 'number'>): void {
    if (this.#frames === 0) this.#first = frame.extents[0]!.start;
    this.#frames += 1;
    this.#extents += frame.extents.length;
    this.#framesBytes += frame.storedBytes;
    pushVarint(this.#bytes, frame.storedBytes);
    pushVarint(this.#bytes, frame.plainBytes);
    this.#bytes.push(...frame.sha256);
    pushVarint(this.#bytes, frame.extents.length);
    for (const extent of frame.extents) {
      pushVarint(this.#bytes, extent.start - this.#end);
      this.#bytes.push(extent.zero ? TAG.zero : TAG.data);
      pushVarint(this.#bytes, extent.end - extent.start);
      this.#end = extent.end;
    }
  }

  /** The block as it is stored, and what the footer says about it. The builder is empty afterwards. */
  finish(seal: (payload: Uint8Array) => StoredPart): { stored: StoredPart; info: IndexBlockInfo } {
    const stored = seal(Uint8Array.from(this.#bytes));
    const info: IndexBlockInfo = {
      frames: this.#frames,
      extents: this.#extents,
      frames_bytes: this.#framesBytes,
      block_bytes: stored.bytes,
      first: this.#first,
      end: this.#end,
      sha256: stored.sha256.toString('hex'),
    };
    this.#bytes = [];
    this.#frames = 0;
    this.#extents = 0;
    this.#framesBytes = 0;
    this.#end = 0;
    return { stored, info };
  }
}

export interface BlockPlace {
  number: number;
  /** Position of the block's first frame: among the run's frames, and in the object's bytes. */
  firstFrame: number;
  framesAt: number;
}

/**
 * Yields the entries of a block one by one, so that only one is in memory. Throws `archive.damaged` when the bytes or
 * their structure differ from what the footer says.
 */
export function* indexEntries(
  object: string,
  parts: RunParts,
  stored: Uint8Array,
  info: IndexBlockInfo,
  { number, firstFrame, framesAt }: BlockPlace,
): Generator<FrameEntry, void, undefined> {
  if (sha256Hex(stored) !== info.sha256) throw damaged(object, 'an index block has another hash');
  const reader = new VarintReader(parts.openTable({ kind: 'index', number }, stored));
  const wrong = () => damaged(object, 'an index block makes no sense');
  let offset = framesAt;
  let extents = 0;
  let end = 0;
  for (let frame = 0; frame < info.frames; frame += 1) {
    const entry = readEntry(reader, firstFrame + frame, offset, end);
    if (entry === undefined) throw wrong();
    if (frame === 0 && entry.extents[0]!.start !== info.first) throw wrong();
    offset += entry.storedBytes;
    extents += entry.extents.length;
    end = entry.extents.at(-1)!.end;
    if (end > info.end || offset > framesAt + info.frames_bytes) throw wrong();
    yield entry;
  }
  if (!reader.atEnd || extents !== info.extents || end !== info.end) throw wrong();
  if (offset !== framesAt + info.frames_bytes) throw wrong();
}

function readEntry(reader: VarintReader, number: number, offset: number, after: number): FrameEntry | undefined {
  const storedBytes = reader.number();
  const plainBytes = reader.number();
  const sha256 = reader.view(SHA256_BYTES);
  const count = reader.number();
  if (storedBytes === undefined || plainBytes === undefined || sha256 === undefined) return undefined;
  if (storedBytes === 0 || storedBytes > MAX_FRAME_STORED_BYTES || plainBytes > MAX_FRAME_PLAIN_BYTES) return undefined;
  if (count === undefined || count === 0 || count > MAX_FRAME_RECORDS) return undefined;
  const extents: Extent[] = [];
  let end = after;
  for (let at = 0; at < count; at += 1) {
    const gap = reader.number();
    const tag = reader.byte();
    const length = reader.number();
    if (gap === undefined || length === undefined || length === 0) return undefined;
    if (tag !== TAG.zero && tag !== TAG.data) return undefined;
    const start = end + gap;
    end = start + length;
    if (!Number.isSafeInteger(end)) return undefined;
    extents.push({ start, end, zero: tag === TAG.zero });
  }
  return { number, offset, storedBytes, plainBytes, sha256, extents };
}
