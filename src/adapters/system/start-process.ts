import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { BoundedTail } from './bounded-tail.ts';
import { watchChild } from './child-end.ts';
import { dyingWithUs } from './die-with-parent.ts';
import { childEnvironment } from './process-environment.ts';
import { ProcessError } from './process-error.ts';

export interface ProcessToStart {
  /** The program, found on PATH. */
  file: string;
  /** Passed on as they are: there is no shell. */
  args: readonly string[];
  /** Only PATH, LANG and HOME are taken from it. Default: this process's environment. */
  env?: Record<string, string | undefined>;
  /** When it is aborted, the process is killed, and `finished` rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Both pipes must be used: an unread stdout stops the process, and nothing here limits for how long. */
export interface RunningProcess {
  stdin: Writable;
  stdout: Readable;
  /**
   * Resolves when the process ended with 0; rejects with ProcessError, or with the abort's reason. Settles only when
   * the process is gone (or could not be killed). Never unhandled. Does not cover unread stdout.
   */
  finished: Promise<void>;
  stderrTail(): string;
  /** Called at each piece of stderr: for programs that show their progress there. */
  onStderr(listener: () => void): void;
  /** Sends SIGKILL to the whole group. Safe at any time. */
  kill(): void;
  /** The same, but `finished` rejects as timed out. */
  killTimedOut(): void;
}

const STDERR_TAIL_CHARS = 4_096;

/**
 * Starts a program in its own process group; it is killed when this process dies.
 * @throws ProcessError when there is not even a file descriptor left for its pipes
 */
export function startProcess(spec: ProcessToStart): RunningProcess {
  const child = spawnChild(spec);
  const { ended, kill } = watchChild(child);
  if (!child.stdout) {
    const cause = new Error('no file descriptor is left');
    throw new ProcessError(spec.file, { exitCode: null, signal: null, stderrTail: '', timedOut: false, cause });
  }
  const stderr = new BoundedTail(STDERR_TAIL_CHARS);
  child.stderr.on('data', (bytes: Buffer) => stderr.add(bytes));
  // The process's end says more than the broken pipe; a writer sees the error in the callback of `write`.
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => {});
  let timedOut = false;
  const { signal } = spec;
  if (signal?.aborted) kill();
  signal?.addEventListener('abort', kill, { once: true });
  const finished = ended.then((end) => {
    signal?.removeEventListener('abort', kill);
    if (end.exitCode === 0) return;
    if (signal?.aborted) throw signal.reason;
    throw new ProcessError(spec.file, { ...end, stderrTail: stderr.toString(), timedOut });
  });
  finished.catch(() => {});
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    finished,
    stderrTail: () => stderr.toString(),
    onStderr: (listener) => void child.stderr.on('data', listener),
    kill,
    killTimedOut: () => {
      timedOut = true;
      kill();
    },
  };
}

function spawnChild(spec: ProcessToStart) {
  const [file, args] = dyingWithUs(spec.file, spec.args);
  const env = childEnvironment(spec.env ?? process.env);
  return spawn(file, args, { env, shell: false, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
}
