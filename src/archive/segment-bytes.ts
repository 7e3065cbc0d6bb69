import type { BodyRecord } from '../rbd-diff/body.ts';
import { EXTENT_HEADER_BYTES } from '../rbd-diff/records.ts';
import { encodeExtentHeader } from '../rbd-diff/writer.ts';
import type { LoadedFrame } from './read-run.ts';

/**
 * The `w` records that write `start` to `end` of the disk out of a frame that holds data for all of it: views of
 * the frame wherever whole records are wanted, fresh headers where only parts are.
 */
export function segmentBytes(frame: LoadedFrame, start: number, end: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const { plain, records } = frame;
  let wholeFrom = -1;
  let at = firstEndingAfter(records, start);
  for (; at < records.length && records[at]!.offset < end; at += 1) {
    const record = records[at]!;
    const from = Math.max(start, record.offset);
    const to = Math.min(end, record.offset + record.length);
    const dataAt = record.at + EXTENT_HEADER_BYTES;
    if (to - from === record.length) {
      if (wholeFrom < 0) wholeFrom = record.at;
      continue;
    }
    if (wholeFrom >= 0) pieces.push(plain.subarray(wholeFrom, record.at));
    wholeFrom = -1;
    pieces.push(encodeExtentHeader('data', from, to - from));
    pieces.push(plain.subarray(dataAt + from - record.offset, dataAt + to - record.offset));
  }
  if (wholeFrom >= 0) pieces.push(plain.subarray(wholeFrom, records[at]?.at ?? plain.length));
  return pieces;
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
