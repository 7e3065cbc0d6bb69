import { RewindError } from '../../../domain/errors.ts';
import type { RunningProcess } from '../../system/start-process.ts';
import type { CephSettings } from '../ceph-settings.ts';
import { PacedPipe } from './paced-pipe.ts';
import { rbdError } from './rbd-errors.ts';
import { startRbd } from './run-rbd.ts';
import { StallWatch } from './stall-watch.ts';

/** How long a source may take to stop when it was told to. */
const SOURCE_GRACE_MS = 5_000;
/** How long `rbd` may take to notice that its input was cut, and to close the image. */
const CLOSE_GRACE_MS = 5_000;

/**
 * Feeds a diff to `rbd import-diff`. The last piece is held back until the source has ended without an error, so
 * that `rbd` never sees the end of a diff (and never makes the end snap) when its source finds at the very end
 * that something was wrong.
 */
export async function importDiff(
  settings: CephSettings,
  imageSpec: string,
  diff: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const child = startRbd(settings, ['import-diff', '--no-progress', '-', imageSpec]);
  child.stdout.resume();
  // Not killed at once, see `close`: an undo wants to remove the image now, not in half a minute.
  const cut = (): void => void child.stdin.destroy();
  signal.addEventListener('abort', cut, { once: true });
  const watch = new StallWatch(settings.stallSeconds * 1_000, child.killTimedOut);
  const source = diff[Symbol.asyncIterator]();
  try {
    const all = await feed(source, new PacedPipe(child.stdin, watch), endOf(child));
    if (!all) {
      signal.throwIfAborted();
      child.kill();
    }
    watch.arm();
    await child.finished.catch((error) => {
      throw rbdError(error);
    });
    if (!all) throw new RewindError('ceph.failed');
  } catch (error) {
    await Promise.all([close(child), stop(source)]);
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', cut);
    watch.disarm();
  }
}

/**
 * True: the process took everything, and knows that it was all. False: the process ended, or broke its pipe, before
 * that.
 */
async function feed(source: AsyncIterator<Uint8Array>, pipe: PacedPipe, end: ChildEnded): Promise<boolean> {
  let held: Uint8Array | undefined;
  for (;;) {
    const next = await end.orSooner(source.next());
    if (next === undefined) return false;
    if (next.done) break;
    if (next.value.length === 0) continue;
    if (held && !(await pipe.write(held))) return false;
    held = next.value;
  }
  return (held === undefined || (await pipe.write(held))) && (await pipe.end());
}

interface ChildEnded {
  /** The promise's result, or undefined when the child ends sooner. */
  orSooner<T>(promise: Promise<T>): Promise<T | undefined>;
}

/** Not Promise.race: each call would leave something behind on the child's promise, and there are millions of calls. */
function endOf(child: RunningProcess): ChildEnded {
  let ended = false;
  let onEnd: (() => void) | undefined;
  const note = (): void => {
    ended = true;
    // This wakes a writer even when the process could not be killed.
    child.stdin.destroy();
    onEnd?.();
  };
  child.finished.then(note, note);
  return {
    orSooner: (promise) =>
      new Promise((resolve, reject) => {
        promise.then(resolve, reject);
        onEnd = () => resolve(undefined);
        if (ended) onEnd();
      }),
  };
}

/**
 * Cuts the input: `rbd` refuses a diff without an end, releases the lock of the image and ends. If it were killed, its
 * lock and watch would stay for half a minute, in which nobody can write to the image or remove it.
 */
async function close(child: RunningProcess): Promise<void> {
  child.stdin.destroy();
  const timer = setTimeout(child.kill, CLOSE_GRACE_MS);
  await child.finished.catch(() => {});
  clearTimeout(timer);
}

/** Tells a source to stop and waits a little for it: it may be in the middle of a read. */
async function stop(source: AsyncIterator<Uint8Array>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const grace = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, SOURCE_GRACE_MS);
  });
  await Promise.race([Promise.resolve(source.return?.()).catch(() => {}), grace]);
  clearTimeout(timer);
}
