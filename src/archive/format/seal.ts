import { createHmac, timingSafeEqual } from 'node:crypto';
import { RewindError } from '../../domain/errors.ts';
import { damaged } from '../runs/damage.ts';
import { MIN_KEY_BYTES } from './format-limits.ts';

const SEAL_NAME = 'hmac-sha256 ';
const NEWLINE = 0x0a;
/** A newline, `hmac-sha256 `, 64 hex digits, a newline. */
const SEAL_BYTES = 1 + SEAL_NAME.length + 64 + 1;

/** JSON text, and below it a line that only the holder of the key can have written. Every byte counts. */
export function seal(value: unknown, key: Uint8Array): Uint8Array {
  const text = Buffer.from(JSON.stringify(value, null, 1), 'utf8');
  return Buffer.concat([text, sealLine(text, key)]);
}

/**
 * Returns what `seal` was given. `where` names the object in the error, `archive.damaged`, which is thrown when a
 * single bit differs.
 */
export function openSeal(bytes: Uint8Array, key: Uint8Array, where: string): unknown {
  const text = Buffer.from(bytes.subarray(0, Math.max(0, bytes.length - SEAL_BYTES)));
  const found = bytes.subarray(text.length);
  if (found.length !== SEAL_BYTES || !timingSafeEqual(found, sealLine(text, key))) {
    throw damaged(where, 'its seal does not fit, or it was sealed with another key');
  }
  try {
    return JSON.parse(text.toString('utf8'));
  } catch (error) {
    throw damaged(where, 'it is not JSON', error);
  }
}

function sealLine(text: Uint8Array, key: Uint8Array): Buffer {
  if (key.length < MIN_KEY_BYTES) {
    throw new RewindError('internal.bad-key');
  }
  const hex = createHmac('sha256', key).update(text).digest('hex');
  return Buffer.concat([Uint8Array.of(NEWLINE), Buffer.from(`${SEAL_NAME}${hex}`, 'latin1'), Uint8Array.of(NEWLINE)]);
}
