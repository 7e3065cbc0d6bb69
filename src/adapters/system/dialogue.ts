import { ProcessError } from './process-error.ts';
import { type ProcessToStart, startProcess } from './start-process.ts';

export interface DialogueToStart extends ProcessToStart {
  /** A program whose answer is longer is killed. */
  maxAnswerChars: number;
}

/** A program that keeps running and answers one request after the other. */
export interface Dialogue {
  /**
   * Writes these lines (none: it only listens) and resolves with the first thing that `answer` finds in what came on
   * stdout since. When that takes longer than the limit, the program is killed. @throws ProcessError, also when it
   * ended instead
   */
  ask<T>(
    lines: readonly string[],
    answer: (stdout: string, stderrTail: string) => T | undefined,
    limitMs: number,
  ): Promise<T>;
  /**
   * Ends the program's input, and kills the program when it does not end within the limit. Resolves when it is gone;
   * never rejects.
   */
  end(limitMs: number): Promise<void>;
  /** Kills it at once; otherwise the same. */
  kill(): Promise<void>;
}

/** What a dead process left in the pipe can be read at once. */
const LAST_WORDS_MS = 100;

/** @throws ProcessError when there is not even a file descriptor left for its pipes */
export function startDialogue(spec: DialogueToStart): Dialogue {
  const child = startProcess(spec);
  let heard = '';
  let look = (): void => {};
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    heard += text;
    if (heard.length > spec.maxAnswerChars) child.kill();
    look();
  });
  child.onStderr(() => look());
  const endedInstead = () => {
    const end = { exitCode: 0, signal: null, stderrTail: child.stderrTail(), timedOut: false };
    return new ProcessError(spec.file, { ...end, cause: new Error('it ended instead of answering') });
  };
  return {
    async ask(lines, answer, limitMs) {
      heard = '';
      const timer = setTimeout(child.killTimedOut, limitMs);
      try {
        return await new Promise((resolve, reject) => {
          look = () => {
            const found = answer(heard, child.stderrTail());
            if (found !== undefined) resolve(found);
          };
          child.finished.then(() => setTimeout(() => reject(endedInstead()), LAST_WORDS_MS), reject);
          if (lines.length > 0) child.stdin.write(`${lines.join('\n')}\n`);
        });
      } finally {
        clearTimeout(timer);
        look = () => {};
      }
    },
    async end(limitMs) {
      child.stdin.end();
      const timer = setTimeout(child.kill, limitMs);
      await child.finished.catch(() => {});
      clearTimeout(timer);
    },
    async kill() {
      child.kill();
      await child.finished.catch(() => {});
    },
  };
}
