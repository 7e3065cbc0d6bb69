/** Smaller memory is not worth the call. */
const WORTH_BYTES = 8 * 1024;

/**
 * Gives all the memory behind `bytes` back now: every view of it is empty from then on. It lies outside of V8's
 * heap, and V8 would go through its whole heap to find what may go, some fifty times for each GiB that streams by.
 */
export function giveBack(bytes: Uint8Array): void {
  const { buffer } = bytes;
  // Node's pool belongs to many; it hands out pieces of less than half its size.
  const mayBePool = buffer.byteLength === Buffer.poolSize && bytes.length < Buffer.poolSize / 2;
  if (buffer.byteLength >= WORTH_BYTES && !mayBePool && 'transfer' in buffer) buffer.transfer(0);
}
