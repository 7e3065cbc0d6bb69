import { ExtentOrder } from './extent-order.ts';
import { malformed } from './malformed.ts';
import { readU64 } from './numbers.ts';
import { EXTENT_HEADER_BYTES, type ExtentRecord, TAG } from './records.ts';

/** A record found in memory. Its header starts at `at`, its data (if any) 17 bytes later. All numbers in bytes. */
export interface BodyRecord {
  kind: ExtentRecord['kind'];
  offset: number;
  length: number;
  at: number;
}

export interface BodyBounds {
  sizeBytes: number;
  /** No record may start before it. */
  firstOffset: number;
}

/**
 * Finds the records in a piece of a stream's body that holds only whole `w` and `z` records. Their number is bounded by
 * the piece's length. Throws `diff.malformed`.
 */
export function parseBody(bytes: Uint8Array, bounds: BodyBounds): BodyRecord[] {
  const order = new ExtentOrder(bounds.sizeBytes, bounds.firstOffset);
  const records: BodyRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at];
    if (tag !== TAG.data && tag !== TAG.zero) throw malformed('a record is of an unknown kind');
    if (bytes.length - at < EXTENT_HEADER_BYTES) throw malformed('it ends too early');
    const offset = readU64(bytes, at + 1);
    const length = readU64(bytes, at + 9);
    order.accept(offset, length);
    const kind = tag === TAG.data ? 'data' : 'zero';
    records.push({ kind, offset, length, at });
    at += EXTENT_HEADER_BYTES + (kind === 'data' ? length : 0);
    if (at > bytes.length) throw malformed('it ends too early');
  }
  return records;
}
