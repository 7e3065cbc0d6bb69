import type { BodyRecord } from '../../rbd-diff/body.ts';
import { EXTENT_HEADER_BYTES } from '../../rbd-diff/records.ts';
import { encodeExtentHeader, putExtentHeader } from '../../rbd-diff/writer.ts';
import { RESTORE_RECORD_BYTES } from '../format/format-limits.ts';
import type { LoadedFrame } from '../runs/read-run.ts';

/** Data of the disk that lie in a frame in one piece. */
export interface DataPiece {
  frame: LoadedFrame;
  /** Position on the disk. */
  offset: number;
  length: number;
  /** Position in the frame's plain bytes; there is room for at least a record's header in front of it. */
  at: number;
}

/** Appends the pieces that make up `start` to `end` of the disk, out of a frame that holds data for all of it. */
export function pushPieces(pieces: DataPiece[], frame: LoadedFrame, start: number, end: number): void {
  const { records } = frame;
  for (let n = firstEndingAfter(records, start); n < records.length && records[n]!.offset < end; n += 1) {
    const record = records[n]!;
    const offset = Math.max(start, record.offset);
    const length = Math.min(end, record.offset + record.length) - offset;
    pieces.push({ frame, offset, length, at: record.at + EXTENT_HEADER_BYTES + (offset - record.offset) });
  }
}

/**
 * Takes pieces, which are sorted, off the list, and returns the `w` records that write them. Pieces that touch on the
 * disk make one record as far as they lie in one object of the image, because rbd waits for each record that it writes.
 * Unless this is the end, the last record stays on the list, as it may go on. Nothing is copied: the data are views of
 * the frames, and headers overwrite bytes in front of the data that are not needed any more. The pieces of a frame must
 * come in order, each once.
 */
export function takeRecords(pieces: DataPiece[], isEnd: boolean): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let first = 0;
  while (first < pieces.length) {
    const next = endOfRecord(pieces, first);
    if (next === pieces.length && !isEnd) break;
    const { offset } = pieces[first]!;
    const last = pieces[next - 1]!;
    pushFirst(chunks, pieces[first]!, last.offset + last.length - offset);
    for (const { frame, at, length } of pieces.slice(first + 1, next)) {
      chunks.push(frame.plain.subarray(at, at + length));
      frame.handedOut = at + length;
    }
    first = next;
  }
  pieces.splice(0, first);
  return chunks;
}

function endOfRecord(pieces: readonly DataPiece[], first: number): number {
  let next = first + 1;
  for (; next < pieces.length; next += 1) {
    const before = pieces[next - 1]!;
    const { offset, length } = pieces[next]!;
    if (offset !== before.offset + before.length || offset % RESTORE_RECORD_BYTES === 0) break;
    if (offset + length - pieces[first]!.offset > RESTORE_RECORD_BYTES) break;
  }
  return next;
}

/** The header of a record of `length` bytes, and the piece that it begins with. */
function pushFirst(chunks: Uint8Array[], piece: DataPiece, length: number): void {
  const { frame, at } = piece;
  const { plain, handedOut } = frame;
  const headerAt = at - EXTENT_HEADER_BYTES;
  const end = at + piece.length;
  frame.handedOut = end;
  if (headerAt < handedOut) {
    // The bytes in front were handed out a moment ago and may still wait to be sent: they must not be overwritten.
    chunks.push(encodeExtentHeader('data', piece.offset, length), plain.subarray(at, end));
    return;
  }
  putExtentHeader(plain, headerAt, 'data', piece.offset, length);
  const last = chunks.at(-1);
  // Neighbours in a frame go out as one. A frame's first byte never counts as one: small frames may share an
  // allocation.
  const follows = headerAt > 0 && headerAt === handedOut && last !== undefined && last.buffer === plain.buffer;
  if (follows && last.byteOffset + last.length === plain.byteOffset + headerAt) {
    chunks[chunks.length - 1] = plain.subarray(last.byteOffset - plain.byteOffset, end);
  } else chunks.push(plain.subarray(headerAt, end));
}

/** Index of the first record that ends after `offset`; records are sorted. */
function firstEndingAfter(records: readonly BodyRecord[], offset: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const record = records[middle]!;
    if (record.offset + record.length <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
