import type { Target } from '../ports/target.ts';
import { ExtentOrder } from '../rbd-diff/extent-order.ts';
import type { DiffHead } from '../rbd-diff/records.ts';
import { DIFF_END, encodeHead } from '../rbd-diff/writer.ts';
import { openChain } from './chain.ts';
import { damaged } from './damage.ts';
import { FrameCache } from './frame-cache.ts';
import { LARGE_PIECE_BYTES, OUTPUT_CHUNK_BYTES, RESTORE_CACHE_BYTES } from './limits.ts';
import type { RunRef } from './manifest.ts';
import type { OpenRun } from './open-run.ts';
import { type Layer, overlay } from './overlay.ts';
import { frameEntries, loadFrame } from './read-run.ts';
import { type DataPiece, pushPieces, takeRecords } from './restore-records.ts';
import { segmentsAhead } from './segments-ahead.ts';

export interface RestoreStreamOptions {
  /** Newest first, down to the one that holds the whole disk. */
  runs: readonly RunRef[];
  /** Size of the disk at the newest run; another size is refused. */
  sizeBytes: number;
  /** The end snap that `rbd import-diff` will create: the mark that everything was written. */
  toSnap: string;
  target: Target;
  signal: AbortSignal;
  /** Called with the bytes of the stream that were handed out since the last call. */
  onProgress?: (bytes: number) => void;
  /** Plain bytes of frames to hold at most; less only means that some are read again. */
  cacheBytes?: number;
}

/**
 * One stock diff stream for a NEW image, whatever the length of the chain: each range of the disk comes once, from
 * the newest run that knows it; ranges of zeros are left out. Every byte was checked before it is handed out, and
 * the end record comes only when nothing was wrong. Throws `archive.damaged`, `archive.missing`, the target's
 * error or the signal's reason. Chunks are up to 4 MiB and belong to the taker.
 */
export async function* restoreStream(options: RestoreStreamOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const { target, signal, sizeBytes, toSnap, onProgress, cacheBytes = RESTORE_CACHE_BYTES } = options;
  signal.throwIfAborted();
  const runs = await openChain(target, options.runs);
  const newest = runs[0]!.summary;
  if (newest.size_bytes !== sizeBytes) throw damaged(newest.object, 'it belongs to a disk of another size');
  for await (const chunk of gathered(streamPieces(runs, target, { fromSnap: null, toSnap, sizeBytes }, cacheBytes))) {
    signal.throwIfAborted();
    yield chunk;
    onProgress?.(chunk.length);
  }
}

async function* streamPieces(
  runs: OpenRun[],
  target: Target,
  head: DiffHead,
  cacheBytes: number,
): AsyncGenerator<Uint8Array[], void, undefined> {
  yield [encodeHead(head)];
  const cache = new FrameCache((run, entry) => loadFrame(target, runs[run]!, entry), cacheBytes);
  // Nothing that reaches rbd goes unchecked, be it our own doing.
  const order = new ExtentOrder(head.sizeBytes);
  const pieces: DataPiece[] = [];
  let planned = 0;
  const plan = overlay(
    layersOf(runs, target, () => planned),
    (offset) => {
      planned = offset;
    },
  );
  for await (const batch of segmentsAhead(plan, cache)) {
    for (const { run, entry, start, end } of batch) {
      order.accept(start, end - start);
      const frame = cache.get(run, entry);
      pushPieces(pieces, frame instanceof Promise ? await frame : frame, start, end);
      cache.trim(end, entry);
    }
    yield takeRecords(pieces, false);
  }
  yield [...takeRecords(pieces, true), DIFF_END];
}

function layersOf(runs: OpenRun[], target: Target, skipTo: () => number): Layer[] {
  let limitBytes = Number.POSITIVE_INFINITY;
  return runs.map((run) => {
    limitBytes = Math.min(limitBytes, run.summary.size_bytes);
    return { entries: frameEntries(target, run, skipTo), limitBytes };
  });
}

/** Small pieces are joined, as each chunk costs a system call; long ones pass through without copying. */
async function* gathered(pieces: AsyncIterable<Uint8Array[]>): AsyncGenerator<Uint8Array, void, undefined> {
  let small: Uint8Array[] = [];
  let bytes = 0;
  const flush = () => {
    const chunk = small.length === 1 ? small[0]! : Buffer.concat(small, bytes);
    small = [];
    bytes = 0;
    return chunk;
  };
  for await (const group of pieces) {
    for (const piece of group) {
      const isLarge = piece.length >= LARGE_PIECE_BYTES;
      if (bytes > 0 && (isLarge || bytes + piece.length > OUTPUT_CHUNK_BYTES)) yield flush();
      if (isLarge) yield piece;
      else {
        small.push(piece);
        bytes += piece.length;
      }
    }
  }
  if (bytes > 0) yield flush();
}
