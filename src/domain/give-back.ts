/** Smaller memory is not worth the call. */
const WORTH_BYTES = 8 * 1024;

/**
 * Releases all the memory behind `bytes` now: every view of it is empty from then on. The memory lies outside of V8's
 * heap, and V8 would search its whole heap for garbage some fifty times for each GiB that streams through.
 */
export function giveBack(bytes: Uint8Array): void {
  const { buffer } = bytes;
  // Many share Node's pool; pieces that it hands out are shorter than half its size.
  const mayBePool = buffer.byteLength === Buffer.poolSize && bytes.length < Buffer.poolSize / 2;
  if (buffer.byteLength >= WORTH_BYTES && !mayBePool && 'transfer' in buffer) buffer.transfer(0);
}
