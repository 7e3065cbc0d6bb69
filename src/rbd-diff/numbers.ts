import { malformed } from './malformed.ts';

const TWO_32 = 2 ** 32;
/** High halves from this value on make a number that JavaScript cannot hold exactly. */
const UNSAFE_HIGH_HALF = 2 ** 21;

/** Reads a little-endian u32. */
export function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** Reads a little-endian u64 of at most 2^53 - 1; a greater one throws `diff.malformed`. */
export function readU64(bytes: Uint8Array, at: number): number {
  const high = readU32(bytes, at + 4);
  if (high >= UNSAFE_HIGH_HALF) throw malformed('a number is too great');
  return high * TWO_32 + readU32(bytes, at);
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** `value`: a safe, non-negative integer. */
export function writeU64(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, value % TWO_32);
  writeU32(bytes, at + 4, Math.floor(value / TWO_32));
}
