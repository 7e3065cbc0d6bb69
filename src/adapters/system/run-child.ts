import type { Readable } from 'node:stream';
import { ProcessError } from './process-error.ts';
import { type ProcessToStart, type RunningProcess, startProcess } from './start-process.ts';

export interface ProcessToRun extends ProcessToStart {
  /** After this time it is killed. */
  timeoutMs: number;
  /** Written to its stdin, which is then closed. */
  stdin?: string | Uint8Array;
  /** A program that prints more is killed: no output may fill our memory. */
  maxStdoutBytes: number;
}

export interface ProcessOutput {
  stdout: string;
  /** The last 4096 characters. */
  stderr: string;
}

/** What a dead process left in the pipe can be read at once; a grandchild may hold the pipe open. */
const STDOUT_GRACE_MS = 1_000;

/**
 * Runs a program to its end. Resolves only when it ended with 0, all of its output was read, and it is reaped.
 * @throws ProcessError, or the signal's reason
 */
export async function runProcess(spec: ProcessToRun): Promise<ProcessOutput> {
  const child = startProcess(spec);
  const timer = setTimeout(child.killTimedOut, spec.timeoutMs);
  try {
    child.stdin.end(spec.stdin ?? '');
    const stdout = readAll(child, spec.maxStdoutBytes);
    await child.finished;
    const bytes = await withGrace(stdout, child.stdout);
    if (bytes === undefined) {
      const end = { exitCode: 0, signal: null, stderrTail: child.stderrTail(), timedOut: false };
      throw new ProcessError(spec.file, { ...end, cause: new Error('its output is incomplete or too long') });
    }
    return { stdout: bytes.toString('utf8'), stderr: child.stderrTail() };
  } finally {
    clearTimeout(timer);
    child.stdout.destroy();
  }
}

/** Undefined when there was more than the limit, or the pipe broke. */
async function readAll(child: RunningProcess, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) {
        child.kill();
        return undefined;
      }
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

async function withGrace<T>(reading: Promise<T>, stdout: Readable): Promise<T> {
  const timer = setTimeout(() => stdout.destroy(), STDOUT_GRACE_MS);
  try {
    return await reading;
  } finally {
    clearTimeout(timer);
  }
}
