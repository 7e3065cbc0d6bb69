import type { ChildProcess } from 'node:child_process';

export interface ChildEnd {
  exitCode: number | null;
  signal: string | null;
  /** The reason why it could not be started. */
  cause?: unknown;
}

/** What a dead process left in the pipe of stderr can be read at once; a grandchild may hold the pipe open. */
const STDERR_GRACE_MS = 1_000;
/**
 * SIGKILL works at once, except on a process that hangs inside the kernel: after this time nobody waits for it any
 * more.
 */
const KILL_GRACE_MS = 10_000;

/** `ended` never rejects: it resolves when the child is reaped and its stderr was read, whatever happened. */
export function watchChild(child: ChildProcess): { ended: Promise<ChildEnd>; kill: () => void } {
  const { promise: ended, resolve } = Promise.withResolvers<ChildEnd>();
  let grace: NodeJS.Timeout | undefined;
  const settle = (end: ChildEnd): void => {
    clearTimeout(grace);
    child.stderr?.destroy();
    resolve(end);
  };
  const settleAfter = (ms: number, end: ChildEnd): void => {
    clearTimeout(grace);
    grace = setTimeout(() => settle(end), ms);
  };
  child.once('error', (cause) => settle({ exitCode: null, signal: null, cause }));
  child.once('exit', (exitCode, signal) => {
    const end = { exitCode, signal };
    settleAfter(STDERR_GRACE_MS, end);
    if (child.stderr?.readableEnded) settle(end);
    else child.stderr?.once('end', () => settle(end));
  });
  const kill = (): void => {
    // The number of a child that was reaped may belong to another process by now.
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    killGroup(child.pid, child);
    settleAfter(KILL_GRACE_MS, { exitCode: null, signal: null });
  };
  return { ended, kill };
}

function killGroup(leader: number, child: ChildProcess): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Its process group does not exist yet, or no longer.
    child.kill('SIGKILL');
  }
}
