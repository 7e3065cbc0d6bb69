import { once } from 'node:events';
import { type ImageRef, imageSpec, snapSpec } from '../../domain/disk.ts';
import { RewindError } from '../../domain/errors.ts';
import type { DiffOutput } from '../../ports/ceph.ts';
import { type RunningProcess, startProcess } from '../system/start-process.ts';
import { type CephSettings, commonArgs } from './rbd-command.ts';
import { cephError } from './rbd-errors.ts';

const CHECKS_PER_STALL = 4;

export function exportDiff(settings: CephSettings, ref: ImageRef, snap: string, fromSnap: string | undefined, signal: AbortSignal): DiffOutput {
  const from = fromSnap === undefined ? [] : ['--from-snap', fromSnap];
  const child = start(settings, ['export-diff', '--no-progress', ...from, snapSpec(ref, snap), '-'], signal);
  const stall = watchForStall(child, settings.stallSeconds);
  return { stream: counted(child.stdout, stall), finished: stall.finished, kill: child.kill };
}

export async function importDiff(settings: CephSettings, ref: ImageRef, diff: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  const child = start(settings, ['import-diff', '--no-progress', '-', imageSpec(ref)], signal);
  child.stdout.resume();
  const stall = watchForStall(child, settings.stallSeconds);
  const source: { error?: unknown; failed: boolean } = { failed: false };
  try {
    await feed(child, diff, stall);
    child.stdin.end();
  } catch (error) {
    source.failed = true;
    source.error = error;
    // It must not see an end where there was none; without its end record a diff is refused anyway.
    child.kill();
  }
  // Whoever failed first, the process is reaped before anybody hears of it.
  const [ended] = await Promise.allSettled([stall.finished]);
  if (source.failed && !(source.error instanceof BrokenPipe)) throw source.error;
  if (ended.status === 'rejected') throw ended.reason;
  if (source.failed) throw new RewindError('ceph.failed', 'Ceph stopped reading the restored data.', { fault: 'errored', retry: true });
}

class BrokenPipe extends Error {}

async function feed(child: RunningProcess, diff: AsyncIterable<Uint8Array>, stall: Stall): Promise<void> {
  const gone = new AbortController();
  const ended = () => gone.abort();
  stall.finished.then(ended, ended);
  child.stdin.once('error', ended);
  for await (const chunk of diff) {
    if (gone.signal.aborted) throw new BrokenPipe();
    if (!child.stdin.write(chunk)) {
      await once(child.stdin, 'drain', { signal: gone.signal }).catch(() => {
        throw new BrokenPipe();
      });
    }
    stall.moved();
  }
  if (gone.signal.aborted) throw new BrokenPipe();
}

function start(settings: CephSettings, args: string[], signal: AbortSignal): RunningProcess {
  return startProcess({ file: settings.bin ?? 'rbd', args: [...commonArgs(settings), ...args], signal });
}

interface Stall {
  moved(): void;
  finished: Promise<void>;
}

/** A stream has no limit in all, but one between two pieces. */
function watchForStall(child: RunningProcess, stallSeconds: number): Stall {
  let last = performance.now();
  const timer = setInterval(
    () => {
      if (performance.now() - last > stallSeconds * 1000) child.killTimedOut();
    },
    (stallSeconds * 1000) / CHECKS_PER_STALL,
  );
  timer.unref();
  const finished = child.finished.then(
    () => clearInterval(timer),
    (error) => {
      clearInterval(timer);
      throw cephError(error);
    },
  );
  finished.catch(() => {});
  return {
    finished,
    moved: () => {
      last = performance.now();
    },
  };
}

async function* counted(stream: AsyncIterable<Uint8Array>, stall: Stall): AsyncIterable<Uint8Array> {
  for await (const chunk of stream) {
    stall.moved();
    yield chunk;
    // Time that the reader took is not a stall of Ceph's.
    stall.moved();
  }
}
