import { MAX_SEGMENTS_AHEAD, READ_FRAMES_AHEAD } from '../format/format-limits.ts';
import type { FrameCache } from './frame-cache.ts';
import type { Segment } from './overlay.ts';

/**
 * Plans ahead of the reader, so that frames are read and decompressed by the time they are needed: a few frames over
 * all runs, each requested once.
 */
export async function* segmentsAhead(
  plan: AsyncGenerator<Segment[], void, undefined>,
  cache: FrameCache,
): AsyncGenerator<Segment[], void, undefined> {
  const ahead: Segment[][] = [];
  let segments = 0;
  let frames = 0;
  let ended = false;
  for (;;) {
    while (!ended && frames < READ_FRAMES_AHEAD && segments < MAX_SEGMENTS_AHEAD) {
      const next = await plan.next();
      if (next.done) ended = true;
      else {
        ahead.push(next.value);
        segments += next.value.length;
        for (const { run, entry, opensFrame } of next.value) {
          if (!opensFrame) continue;
          cache.request(run, entry);
          frames += 1;
        }
      }
    }
    const batch = ahead.shift();
    if (batch === undefined) return;
    segments -= batch.length;
    for (const { opensFrame } of batch) if (opensFrame) frames -= 1;
    yield batch;
  }
}
