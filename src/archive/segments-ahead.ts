import type { FrameCache } from './frame-cache.ts';
import type { FrameEntry } from './index-block.ts';
import { MAX_SEGMENTS_AHEAD, READ_FRAMES_AHEAD } from './limits.ts';
import type { Segment } from './overlay.ts';

/**
 * Plans ahead of the reader, so that frames are read and decompressed by the time they are needed: a few frames,
 * all runs together, each asked for once.
 */
export async function* segmentsAhead(
  plan: AsyncGenerator<Segment, void, undefined>,
  cache: FrameCache,
): AsyncGenerator<Segment, void, undefined> {
  const ahead: Segment[] = [];
  /** Frames that segments ahead wait for, and how many segments. */
  const wanted = new Map<FrameEntry, number>();
  let ended = false;
  for (;;) {
    while (!ended && wanted.size < READ_FRAMES_AHEAD && ahead.length < MAX_SEGMENTS_AHEAD) {
      const next = await plan.next();
      if (next.done) ended = true;
      else {
        ahead.push(next.value);
        wanted.set(next.value.entry, (wanted.get(next.value.entry) ?? 0) + 1);
        cache.request(next.value.run, next.value.entry);
      }
    }
    const segment = ahead.shift();
    if (segment === undefined) return;
    const left = wanted.get(segment.entry)! - 1;
    if (left === 0) wanted.delete(segment.entry);
    else wanted.set(segment.entry, left);
    yield segment;
  }
}
