import { MAX_RANGE_BYTES } from './gateway-limits.ts';

export interface ByteRange {
  offset: number;
  length: number;
}

/**
 * The range that `Range: bytes=a-b` asks of a file. Undefined: it is not one plain range that begins within the file,
 * or it is too long.
 */
export function rangeOf(header: string | undefined, fileBytes: number): ByteRange | undefined {
  const found = /^bytes=(\d{1,16})-(\d{1,16})$/.exec(header ?? '');
  if (!found) return undefined;
  const offset = Number(found[1]);
  const last = Math.min(Number(found[2]), fileBytes - 1);
  const length = last - offset + 1;
  if (length < 1 || length > MAX_RANGE_BYTES) return undefined;
  return { offset, length };
}
