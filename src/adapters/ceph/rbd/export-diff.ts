import type { DiffOutput, ImageInfo } from '../../../ports/ceph.ts';
import type { RunningProcess } from '../../system/start-process.ts';
import type { CephSettings } from '../ceph-settings.ts';
import { rbdError } from './rbd-errors.ts';
import { startRbd } from './run-rbd.ts';
import { StallWatch } from './stall-watch.ts';

/**
 * Before it writes the first changed byte, `rbd` looks at every object of the image and is silent meanwhile: a TiB that
 * holds no data takes half a minute. A cluster that looks at fewer objects in a second is considered stalled.
 */
const SLOWEST_LOOKS_PER_SECOND = 500;

export interface ExportSpec {
  snapSpec: string;
  fromSnap: string | undefined;
  /** The image; the allowed silence depends on its size. */
  info: Promise<ImageInfo | undefined>;
}

/** The stream and the process behind it: see the port. */
export function exportDiff(
  settings: CephSettings,
  { snapSpec, fromSnap, info }: ExportSpec,
  signal: AbortSignal,
): DiffOutput {
  // Without the size, the export itself will report what is wrong.
  const known = info.catch(() => undefined);
  const from = fromSnap === undefined ? [] : ['--from-snap', fromSnap];
  // Without --no-progress: what it writes to stderr is a sign of life.
  const child = startRbd(settings, ['export-diff', ...from, snapSpec, '-'], signal);
  child.stdin.end();
  // When a process ends, Node discards what nobody has begun to read: a short diff whose reader is still busy.
  child.stdout.on('readable', () => {});
  const watch = new StallWatch(settings.stallSeconds * 1_000, child.killTimedOut);
  child.onStderr(() => watch.touch());
  known.then((image) => image && watch.allow(settings.stallSeconds * 1_000 + silenceMs(image)));
  const finished = child.finished.catch((error) => {
    throw rbdError(error);
  });
  finished.catch(() => {});
  return { stream: chunks(child, finished, watch), finished, kill: () => endOf(child) };
}

const silenceMs = ({ sizeBytes, objectSizeBytes }: ImageInfo): number =>
  (sizeBytes / Math.max(objectSizeBytes, 1) / SLOWEST_LOOKS_PER_SECOND) * 1_000;

/**
 * Ends only when the process ended with 0: so a reader cannot take a truncated stream for a whole one. The time that
 * the reader takes does not count as a stall. A reader that stops early ends the process.
 */
async function* chunks(
  child: RunningProcess,
  finished: Promise<void>,
  watch: StallWatch,
): AsyncGenerator<Uint8Array, void> {
  try {
    const stdout = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (;;) {
      watch.arm();
      const next = await nextOrCut(stdout, finished);
      watch.disarm();
      if (next.done) break;
      yield next.value;
    }
    watch.arm();
    await finished;
  } finally {
    watch.disarm();
    endOf(child);
  }
}

/** Data that nobody reads any more would keep the pipe open for as long as this process lives. */
function endOf(child: RunningProcess): void {
  child.kill();
  child.stdout.destroy();
}

/** A pipe broke because the process died: that error says why. */
async function nextOrCut(stdout: AsyncIterator<Buffer>, finished: Promise<void>): Promise<IteratorResult<Buffer>> {
  try {
    return await stdout.next();
  } catch (error) {
    await finished;
    throw error;
  }
}
