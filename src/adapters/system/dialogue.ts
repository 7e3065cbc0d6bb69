import { ProcessError } from './process-error.ts';
import { type ProcessToStart, startProcess } from './start-process.ts';

export interface DialogueToStart extends ProcessToStart {
  /** A program that says more in one answer is killed. */
  maxAnswerChars: number;
}

/** A program that runs on and is told one thing after the other. */
export interface Dialogue {
  /**
   * Writes these lines (none: only listens) and resolves with the first thing that `answer` finds in what was said on
   * stdout since. When it takes longer the program is killed. @throws ProcessError, also when it ended instead
   */
  ask<T>(
    lines: readonly string[],
    answer: (stdout: string, stderrTail: string) => T | undefined,
    limitMs: number,
  ): Promise<T>;
  /** Ends its input, and itself when it does not go within the limit. Resolves when it is gone; never rejects. */
  end(limitMs: number): Promise<void>;
  /** Ends it at once, the same way. */
  kill(): Promise<void>;
}

/** What a dead process has left in the pipe is there at once. */
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
