import { readU32, writeU32 } from '../../rbd-diff/numbers.ts';

/**
 * Everything in a run that is not the diff stream lies in skippable frames of zstd (RFC 8878, 3.1.2), which every
 * decoder passes over. So a whole run decompresses to the stock stream. `sealed` holds the encrypted parts of the
 * stream.
 */
export const SKIPPABLE = { sealed: 0x184d2a5a, index: 0x184d2a5b, footer: 0x184d2a5c, trailer: 0x184d2a5d } as const;
export const SKIPPABLE_HEADER_BYTES = 8;

export function skippableHeader(magic: number, payloadBytes: number): Uint8Array {
  const header = new Uint8Array(SKIPPABLE_HEADER_BYTES);
  writeU32(header, 0, magic);
  writeU32(header, 4, payloadBytes);
  return header;
}

export const wrapSkippable = (magic: number, payload: Uint8Array): Buffer =>
  Buffer.concat([skippableHeader(magic, payload.length), payload]);

/** The payload, or undefined when the bytes are not one skippable frame of this kind and exactly this length. */
export function unwrapSkippable(magic: number, bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length < SKIPPABLE_HEADER_BYTES) return undefined;
  if (readU32(bytes, 0) !== magic || readU32(bytes, 4) !== bytes.length - SKIPPABLE_HEADER_BYTES) return undefined;
  return bytes.subarray(SKIPPABLE_HEADER_BYTES);
}
