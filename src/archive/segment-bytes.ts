import type { BodyRecord } from '../rbd-diff/body.ts';
import { EXTENT_HEADER_BYTES } from '../rbd-diff/records.ts';
import { encodeExtentHeader, putExtentHeader } from '../rbd-diff/writer.ts';
import type { LoadedFrame } from './read-run.ts';

/**
 * Appends the `w` records that write `start` to `end` of the disk out of a frame that holds data for all of it.
 * Nothing is copied: whole records are views of the frame, and where only a part of one is wanted, its header is
 * written over hidden bytes in front of that part. Segments of a frame must be asked for in order, each once.
 */
export function pushSegment(pieces: Uint8Array[], frame: LoadedFrame, start: number, end: number): void {
  const { plain, records } = frame;
  for (let at = firstEndingAfter(records, start); at < records.length && records[at]!.offset < end; at += 1) {
    const record = records[at]!;
    const from = Math.max(start, record.offset);
    const to = Math.min(end, record.offset + record.length);
    const dataAt = record.at + EXTENT_HEADER_BYTES + (from - record.offset);
    const headerAt = dataAt - EXTENT_HEADER_BYTES;
    const dataEnd = dataAt + (to - from);
    if (headerAt >= frame.handedOut) {
      putExtentHeader(plain, headerAt, 'data', from, to - from);
      pushJoined(pieces, plain, headerAt, dataEnd, frame.handedOut);
    } else {
      // The bytes in front were handed out a moment ago and may still wait to be sent.
      pieces.push(encodeExtentHeader('data', from, to - from), plain.subarray(dataAt, dataEnd));
    }
    frame.handedOut = dataEnd;
  }
}

/**
 * Neighbours in a frame go out as one piece. A frame's first byte is never joined to what came before: small
 * frames may share one allocation.
 */
function pushJoined(pieces: Uint8Array[], plain: Uint8Array, from: number, to: number, handedOut: number): void {
  const last = pieces.at(-1);
  const isNeighbour = from > 0 && from === handedOut && last !== undefined && last.buffer === plain.buffer;
  if (isNeighbour && last.byteOffset + last.length === plain.byteOffset + from) {
    pieces[pieces.length - 1] = plain.subarray(last.byteOffset - plain.byteOffset, to);
  } else pieces.push(plain.subarray(from, to));
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
