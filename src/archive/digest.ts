import { hash, webcrypto } from 'node:crypto';

export const SHA256_BYTES = 32;
/** Below this a thread costs more than it saves. */
const SMALL_BYTES = 32 * 1024;

/** For small things: runs here and now. */
export const sha256Hex = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

/** For frames: large ones are hashed on libuv's threads. */
export async function sha256(bytes: Uint8Array): Promise<Buffer> {
  if (bytes.length <= SMALL_BYTES) return hash('sha256', bytes, 'buffer');
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
}
