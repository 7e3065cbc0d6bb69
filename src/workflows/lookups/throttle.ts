import type { Clock } from '../../ports/system.ts';

/** Passes the stream on at no more than this many bytes a second (0: as fast as it comes). */
export async function* throttled(
  stream: AsyncIterable<Uint8Array>,
  maxBytesPerSecond: number,
  clock: Clock,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  if (maxBytesPerSecond <= 0) {
    yield* stream;
    return;
  }
  const began = clock.monotonic();
  let passed = 0;
  for await (const chunk of stream) {
    // The consumer of a chunk may release its memory, so its length is read before.
    passed += chunk.byteLength;
    yield chunk;
    const aheadMs = (passed / maxBytesPerSecond) * 1000 - (clock.monotonic() - began);
    if (aheadMs > 0) await clock.sleep(aheadMs, signal);
  }
}
