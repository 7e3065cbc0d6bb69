import { runProcess } from '../../system/run-child.ts';
import { type RunningProcess, startProcess } from '../../system/start-process.ts';
import type { CephSettings } from '../ceph-settings.ts';
import { commonArguments } from './rbd-arguments.ts';
import { rbdError } from './rbd-errors.ts';
import { StallWatch } from './stall-watch.ts';

/** Enough for a list of all images of a very full pool. */
const MOST_OUTPUT_BYTES = 64 * 2 ** 20;
/**
 * librados' own limits apply first: once for reaching the cluster, once for the operation. Then the process is killed.
 */
const OWN_LIMITS = 2;
const KILL_MARGIN_MS = 5_000;

/** How long a command that does little work may take in total, ms. */
export const quickLimitMs = ({ opTimeoutSeconds }: CephSettings): number =>
  opTimeoutSeconds * 1_000 * OWN_LIMITS + KILL_MARGIN_MS;

export type RunRbd = (...args: string[]) => Promise<string>;

/** Runs a command that does little work. Resolves with its stdout. @throws RewindError `ceph.*` */
export const quickRbd =
  (settings: CephSettings): RunRbd =>
  (...args) =>
    quickRbdReading(settings, '', args);

/** The same for a command that reads from `stdin`. */
export async function quickRbdReading(settings: CephSettings, stdin: string, args: string[]): Promise<string> {
  const limits = { timeoutMs: quickLimitMs(settings), maxStdoutBytes: MOST_OUTPUT_BYTES };
  try {
    const output = await runProcess({
      file: settings.bin ?? 'rbd',
      args: [...commonArguments(settings), ...args],
      ...limits,
      stdin,
    });
    return output.stdout;
  } catch (error) {
    throw rbdError(error);
  }
}

/**
 * Runs a command whose work grows with the image (removing one of a TiB takes minutes). It may take as long as it shows
 * progress on stderr, so it must not be given `--no-progress`. @throws RewindError `ceph.*`
 */
export const patientRbd =
  (settings: CephSettings) =>
  async (...args: string[]): Promise<void> =>
    runWhileItMoves(settings, args, () => {});

/**
 * The same for a caller that wants to follow the progress: `onSign` gets the end of what the command wrote to stderr.
 */
export async function runWhileItMoves(
  settings: CephSettings,
  args: string[],
  onSign: (stderrTail: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const child = startRbd(settings, args, signal);
  const watch = new StallWatch(settings.stallSeconds * 1_000, child.killTimedOut);
  child.onStderr(() => {
    watch.touch();
    onSign(child.stderrTail());
  });
  child.stdin.end();
  child.stdout.resume();
  watch.arm();
  try {
    await child.finished;
  } catch (error) {
    throw rbdError(error);
  } finally {
    watch.disarm();
  }
}

/** Starts a command whose pipes are used. Errors of `finished` are still those of the process: see `rbdError`. */
export function startRbd(settings: CephSettings, args: string[], signal?: AbortSignal): RunningProcess {
  const all = [...commonArguments(settings), ...args];
  try {
    return startProcess({ file: settings.bin ?? 'rbd', args: all, ...(signal ? { signal } : {}) });
  } catch (error) {
    throw rbdError(error);
  }
}
