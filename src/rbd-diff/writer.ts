import { writeU32, writeU64 } from './numbers.ts';
import { BANNER, type DiffHead, EXTENT_HEADER_BYTES, type ExtentRecord, TAG } from './records.ts';

/** The last byte of every stream. */
export const DIFF_END: Uint8Array = Uint8Array.of(TAG.end);

/** Banner and metadata of a stream. */
export function encodeHead(head: DiffHead): Uint8Array {
  const size = new Uint8Array(9);
  size[0] = TAG.size;
  writeU64(size, 1, head.sizeBytes);
  const from = head.fromSnap === null ? [] : [encodeName(TAG.from, head.fromSnap)];
  return Buffer.concat([Buffer.from(BANNER, 'latin1'), ...from, encodeName(TAG.to, head.toSnap), size]);
}

/** Writes the 17 bytes that begin a `w` or are a `z` record. Offset and length in bytes. */
export function putExtentHeader(
  into: Uint8Array,
  at: number,
  kind: ExtentRecord['kind'],
  offset: number,
  length: number,
): void {
  into[at] = kind === 'data' ? TAG.data : TAG.zero;
  writeU64(into, at + 1, offset);
  writeU64(into, at + 9, length);
}

export function encodeExtentHeader(kind: ExtentRecord['kind'], offset: number, length: number): Uint8Array {
  const header = new Uint8Array(EXTENT_HEADER_BYTES);
  putExtentHeader(header, 0, kind, offset, length);
  return header;
}

/**
 * Makes a whole stream out of records, which must be in order. Chunks are as small as the records: meant for small
 * streams.
 */
export async function* writeDiff(
  head: DiffHead,
  records: AsyncIterable<ExtentRecord> | Iterable<ExtentRecord>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield encodeHead(head);
  for await (const record of records) {
    yield encodeExtentHeader(record.kind, record.offset, record.length);
    if (record.kind === 'data') yield* record.pieces;
  }
  yield DIFF_END;
}

function encodeName(tag: number, name: string): Uint8Array {
  const text = Buffer.from(name, 'utf8');
  const start = new Uint8Array(5);
  start[0] = tag;
  writeU32(start, 1, text.length);
  return Buffer.concat([start, text]);
}
