import { RewindError } from '../../domain/errors.ts';
import { giveBack } from '../../domain/give-back.ts';
import type { DiffOutput } from '../../ports/ceph.ts';
import type { ProjectKey } from '../../ports/keys.ts';
import type { Target } from '../../ports/target.ts';
import { readDiff } from '../../rbd-diff/reader.ts';
import type { ExtentRecord } from '../../rbd-diff/records.ts';
import { DIFF_END, encodeHead } from '../../rbd-diff/writer.ts';
import { MAX_FRAME_DATA_BYTES, WRITE_FRAMES_IN_FLIGHT } from '../format/format-limits.ts';
import { inOrder } from '../format/in-order.ts';
import { FrameBuffers, type PlainFrame, plainFrames } from '../format/plain-frame.ts';
import { RunLayout, type SealedFrame } from '../format/run-layout.ts';
import { plainParts, type RunParts } from '../format/run-parts.ts';
import type { RunSummary } from '../format/run-summary.ts';
import { sealedParts } from '../format/sealed-parts.ts';
import { compress } from '../format/zstd.ts';
import { newRunKey } from '../keys/run-key.ts';

export type { RunSummary } from '../format/run-summary.ts';

const DEFAULT_LEVEL = 1;

export interface WriteRunOptions {
  source: DiffOutput;
  /** `fromSnap` null: the stream holds the whole disk. */
  expect: { fromSnap: string | null; toSnap: string };
  target: Target;
  /** A name that was never used before, from `runObject`. */
  object: string;
  /** The project's key, from the key ring. Null: the run is written in clear. */
  key: ProjectKey | null;
  /**
   * Called with the run's summary right before its last bytes are handed over: the run has no name before this
   * resolves. If it rejects, the writing ends.
   */
  onSealed?: (summary: RunSummary) => Promise<void>;
  /** Called with the plain bytes added since the last call. */
  onProgress?: (plainBytes: number) => void;
  signal: AbortSignal;
  /** zstd's level; 1 is the fastest and the default. */
  level?: number;
  maxFramesInFlight?: number;
}

/**
 * Stores one diff stream as a run (docs/format.md). The object appears on the target only after the stream's end record
 * came, nothing followed it, and the source's process ended well; if anything fails, nothing is left there and the
 * source is ended. Holds a few frames of 4 MiB, whatever the disk's size. Rejects with `diff.malformed`, the source's
 * error, the target's, or the signal's reason.
 */
export async function writeRun(options: WriteRunOptions): Promise<RunSummary> {
  const { source, target, object, signal } = options;
  const kill = () => source.kill();
  signal.addEventListener('abort', kill, { once: true });
  const state: RunState = { summary: undefined };
  try {
    signal.throwIfAborted();
    const written = await target.put(object, runBytes(options, state), signal);
    if (state.summary === undefined || written !== state.summary.stored_bytes) {
      throw new RewindError('target.lost-bytes');
    }
    return state.summary;
  } catch (error) {
    // An aborted process may fail in any way: the reason for the abort says more.
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', kill);
    if (state.summary === undefined) source.kill();
  }
}

interface RunState {
  summary: RunSummary | undefined;
}

async function* runBytes(options: WriteRunOptions, state: RunState): AsyncGenerator<Uint8Array, void, undefined> {
  const { source, signal, level = DEFAULT_LEVEL, maxFramesInFlight = WRITE_FRAMES_IN_FLIGHT } = options;
  const watched = watchEnd(source.stream);
  try {
    const { head, records } = await readDiff(watched.stream, options.expect, { maxDataBytes: MAX_FRAME_DATA_BYTES });
    const { object, key } = options;
    const parts = key === null ? plainParts(object) : sealedParts(object, newRunKey(key));
    const layout = new RunLayout(head, parts);
    const small = async (kind: 'head' | 'end', plain: Uint8Array) =>
      parts.sealFrame({ kind, number: 0, plainBytes: plain.length }, await compress(plain, level));
    const headBytes = encodeHead(head);
    yield* layout.head(await small('head', headBytes), headBytes.length);
    for await (const sealed of sealedFrames(records, parts, level, maxFramesInFlight)) {
      signal.throwIfAborted();
      yield* layout.frame(sealed);
      for (const chunk of sealed.stored.chunks) giveBack(chunk);
      options.onProgress?.(sealed.plainBytes);
    }
    yield* layout.lastBlock();
    // The stream may look complete although rbd failed: only both together make a backup.
    await source.finished;
    yield* layout.end(await small('end', DIFF_END), DIFF_END.length);
    const { chunk, summary } = layout.finish(object);
    await options.onSealed?.(summary);
    signal.throwIfAborted();
    yield chunk;
    state.summary = summary;
  } catch (error) {
    // A stream that broke off is best explained by the process that broke.
    if (watched.ended()) await source.finished;
    throw error;
  } finally {
    if (state.summary === undefined) source.kill();
  }
}

function sealedFrames(
  records: AsyncIterable<ExtentRecord>,
  parts: RunParts,
  level: number,
  maxFramesInFlight: number,
): AsyncGenerator<SealedFrame, void, undefined> {
  const buffers = new FrameBuffers(maxFramesInFlight + 1);
  let frames = 0;
  const work = async (frame: PlainFrame) => {
    const plainBytes = frame.plain.length;
    // Counted synchronously: work begins in the order of the frames.
    const part = { kind: 'frame', number: frames, plainBytes } as const;
    frames += 1;
    const compressed = await compress(frame.plain, level);
    buffers.give(frame.buffer);
    return { frame, plainBytes, stored: await parts.sealFrame(part, compressed) };
  };
  return inOrder(plainFrames(records, buffers), work, maxFramesInFlight);
}

function watchEnd(stream: AsyncIterable<Uint8Array>): { stream: AsyncIterable<Uint8Array>; ended: () => boolean } {
  let ended = false;
  async function* through() {
    yield* stream;
    ended = true;
  }
  return { stream: through(), ended: () => ended };
}
