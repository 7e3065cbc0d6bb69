import type { ChildProcess } from 'node:child_process';

export interface ChildEnd {
  exitCode: number | null;
  signal: string | null;
  /** Why it could not be started. */
  cause?: unknown;
}

/** What a dead process has left in the pipe of stderr is there at once; a grandchild may hold the pipe open. */
const STDERR_GRACE_MS = 1_000;
/** SIGKILL works at once, except on a process that hangs inside the kernel: then we stop waiting for it. */
const KILL_GRACE_MS = 10_000;

/** `ended` never rejects: it resolves when the child is reaped and its stderr read, whatever happened. */
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
    // a reaped child's number may belong to another process by now
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
    // its group is not there yet, or not any more
    child.kill('SIGKILL');
  }
}
