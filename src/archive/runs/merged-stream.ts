import { giveBack } from '../../domain/give-back.ts';
import type { Target } from '../../ports/target.ts';
import { ExtentOrder } from '../../rbd-diff/extent-order.ts';
import type { DiffHead } from '../../rbd-diff/records.ts';
import { DIFF_END, encodeExtentHeader, encodeHead } from '../../rbd-diff/writer.ts';
import { OUTPUT_CHUNK_BYTES, RESTORE_CACHE_BYTES } from '../format/format-limits.ts';
import type { FrameEntry } from '../format/index-block.ts';
import { type DataPiece, pushPieces, takeRecords } from '../manifests/restore-records.ts';
import { FrameCache } from './frame-cache.ts';
import type { OpenRun } from './open-run.ts';
import { type Layer, overlay, type Segment } from './overlay.ts';
import { frameEntries, type LoadedFrame, loadFrame } from './read-run.ts';
import { segmentsAhead } from './segments-ahead.ts';

/**
 * Runs that follow each other, newest first, as one diff stream: each range comes once, from the newest run that covers
 * it. From nothing (`head.fromSnap` null) ranges of zeros are left out; from a snap they are kept, because they hide
 * older data, and so are ranges that the disk lost while it was smaller in between. Holds some frames, `cacheBytes` of
 * plain data at most. Every byte was checked before it is handed out, and the end record comes only when nothing was
 * wrong. Chunks are up to 1 MiB, each in memory of its own, which belongs to the consumer.
 */
export const mergedStream = (
  runs: readonly OpenRun[],
  target: Target,
  head: DiffHead,
  cacheBytes = RESTORE_CACHE_BYTES,
): AsyncGenerator<Uint8Array, void, undefined> => gathered(streamPieces(runs, target, head, cacheBytes));

async function* streamPieces(
  runs: readonly OpenRun[],
  target: Target,
  head: DiffHead,
  cacheBytes: number,
): AsyncGenerator<Uint8Array[], void, undefined> {
  yield [encodeHead(head)];
  const dropped = new Set<LoadedFrame>();
  const load = (run: number, entry: FrameEntry) => loadFrame(target, runs[run]!, entry);
  const cache = new FrameCache(load, cacheBytes, (frame) => dropped.add(frame));
  // Nothing reaches rbd unchecked, not even what this code made itself.
  const order = new ExtentOrder(head.sizeBytes);
  const pieces: DataPiece[] = [];
  const zeros = new ZeroRange();
  let planned = 0;
  const onPosition = (offset: number) => {
    planned = offset;
  };
  const layers = layersOf(runs, target, head, () => planned);
  const plan = overlay(layers, onPosition, head.fromSnap === null ? 'left out' : 'kept');
  for await (const batch of segmentsAhead(plan, cache)) {
    const group: Uint8Array[] = [];
    for (const { run, entry, start, end, zero } of batch) {
      order.accept(start, end - start);
      if (zero) {
        group.push(...takeRecords(pieces, true), ...zeros.add(start, end));
        continue;
      }
      group.push(...zeros.take());
      const frame = cache.get(run, entry);
      pushPieces(pieces, frame instanceof Promise ? await frame : frame, start, end);
      cache.trim(end, entry);
    }
    group.push(...takeRecords(pieces, false));
    yield group;
    giveBackUnused(dropped, pieces);
  }
  yield [...takeRecords(pieces, true), ...zeros.take(), DIFF_END];
}

/** Ranges of zeros that touch become one record. */
class ZeroRange {
  #range: Pick<Segment, 'start' | 'end'> | undefined;

  /** Returns the record that comes before this range, if there is one. */
  add(start: number, end: number): Uint8Array[] {
    if (this.#range?.end === start) {
      this.#range.end = end;
      return [];
    }
    const before = this.take();
    this.#range = { start, end };
    return before;
  }

  take(): Uint8Array[] {
    if (!this.#range) return [];
    const { start, end } = this.#range;
    this.#range = undefined;
    return [encodeExtentHeader('zero', start, end - start)];
  }
}

/** What was handed out has been copied by now; a record that may go on still needs its frames. */
function giveBackUnused(dropped: Set<LoadedFrame>, pieces: readonly DataPiece[]): void {
  for (const frame of dropped) {
    if (pieces.some((piece) => piece.frame === frame)) continue;
    dropped.delete(frame);
    giveBack(frame.plain);
  }
}

function layersOf(runs: readonly OpenRun[], target: Target, head: DiffHead, skipTo: () => number): Layer[] {
  let limitBytes = Number.POSITIVE_INFINITY;
  const layers: Layer[] = runs.map((run) => {
    limitBytes = Math.min(limitBytes, run.summary.size_bytes);
    return { entries: frameEntries(target, run, skipTo), limitBytes };
  });
  if (head.fromSnap !== null && limitBytes < head.sizeBytes) layers.push(cutOff(limitBytes, head.sizeBytes));
  return layers;
}

/** The disk was smaller for a while: older data in this range must not show. */
function cutOff(start: number, end: number): Layer {
  async function* entries() {
    const extents = [{ start, end, zero: true }];
    yield { number: 0, offset: 0, storedBytes: 0, plainBytes: 0, sha256: new Uint8Array(0), extents };
  }
  return { entries: entries(), limitBytes: Number.POSITIVE_INFINITY };
}

/**
 * Pieces are copied into chunks of one size: each chunk costs a system call, and a frame can be released as soon as
 * everything of it was copied. No piece is read any more once the next group is asked for.
 */
async function* gathered(groups: AsyncIterable<Uint8Array[]>): AsyncGenerator<Uint8Array, void, undefined> {
  let chunk = Buffer.allocUnsafeSlow(OUTPUT_CHUNK_BYTES);
  let used = 0;
  for await (const group of groups) {
    for (const piece of group) {
      for (let at = 0; at < piece.length; ) {
        const length = Math.min(piece.length - at, OUTPUT_CHUNK_BYTES - used);
        chunk.set(piece.subarray(at, at + length), used);
        at += length;
        used += length;
        if (used < OUTPUT_CHUNK_BYTES) continue;
        yield chunk;
        chunk = Buffer.allocUnsafeSlow(OUTPUT_CHUNK_BYTES);
        used = 0;
      }
    }
  }
  if (used > 0) yield chunk.subarray(0, used);
}
