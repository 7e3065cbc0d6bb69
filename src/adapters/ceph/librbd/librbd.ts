import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { ProcessError } from '../../system/process-error.ts';
import { type RunningProcess, startProcess } from '../../system/start-process.ts';
import type { CephSettings } from '../ceph-settings.ts';
import { quickLimitMs } from '../rbd/run-rbd.ts';
import { PYTHON } from './python.ts';

const SCRIPT = fileURLToPath(new URL('librbd.py', import.meta.url));
const CLOSE_LIMIT_MS = 5_000;
const MOST_WAITING = 1_000;
const answerLine = z.object({
  number: z.number(),
  answer: z.unknown().optional(),
  errno: z.number().optional(),
  error: z.string().optional(),
});
/** ESHUTDOWN: the cluster will never accept this connection again. */
const BLOCKLISTED = 108;

type Word = string | Record<string, string>;

/** A process with Ceph's own library that stays connected to the cluster. */
export interface Librbd {
  /**
   * Resolves with what `rbd --format json` would have printed. @throws LibrbdError when the library refused; another
   * ProcessError when there was no answer, and it may have been done or not
   */
  ask(verb: string, ...words: Word[]): Promise<unknown>;
  /** Resolves when the process is gone; never rejects. Later questions are not answered. */
  close(): Promise<void>;
}

/** The library refused, as `rbd` would have. */
export class LibrbdError extends ProcessError {}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

interface Connection {
  process: RunningProcess;
  waiting: Map<number, Waiting>;
}

/** Starts with the first question, and again after it ended. */
export function openLibrbd(settings: CephSettings): Librbd {
  let connection: Connection | undefined;
  let closed = false;
  let asked = 0;
  const connected = (): Connection => {
    if (closed) throw ended('it was closed');
    if (connection) return connection;
    const fresh = connect(settings, () => {
      if (connection === fresh) connection = undefined;
    });
    connection = fresh;
    return fresh;
  };
  return {
    async ask(...question) {
      const { process, waiting } = connected();
      if (waiting.size >= MOST_WAITING) throw ended('too many questions');
      asked += 1;
      const number = asked;
      const answered = Promise.withResolvers<unknown>();
      waiting.set(number, answered);
      // Other questions that it was asked at the time may be asked again: only this one was too slow.
      const limit = setTimeout(() => {
        answered.reject(ended('it did not answer', true));
        process.kill();
      }, quickLimitMs(settings));
      process.stdin.write(`${JSON.stringify([number, ...question])}\n`);
      return answered.promise.finally(() => {
        clearTimeout(limit);
        waiting.delete(number);
      });
    },
    async close() {
      closed = true;
      if (!connection) return;
      const { process } = connection;
      process.stdin.end();
      const limit = setTimeout(process.kill, CLOSE_LIMIT_MS);
      await process.finished.catch(() => {});
      clearTimeout(limit);
    },
  };
}

function connect(settings: CephSettings, onEnd: () => void): Connection {
  const { conf, user, opTimeoutSeconds, plainStreams = false, python = PYTHON } = settings;
  const waiting = new Map<number, Waiting>();
  // -I: nothing of the environment or of the working directory reaches it.
  const process = startProcess({
    file: python,
    args: ['-I', SCRIPT, conf, user, String(opTimeoutSeconds), ...(plainStreams ? ['plain-streams'] : [])],
  });
  createInterface({ input: process.stdout }).on('line', (line) => {
    const said = understoodLine(line);
    if (said === undefined || said.errno === BLOCKLISTED) return process.kill();
    const { number, answer, errno, error = '' } = said;
    if (errno === undefined) waiting.get(number)?.resolve(answer);
    else waiting.get(number)?.reject(refusal(errno, error));
  });
  const giveUp = (error: unknown): void => {
    onEnd();
    for (const { reject } of waiting.values()) reject(error);
  };
  process.finished.then(() => giveUp(ended('it ended')), giveUp);
  return { process, waiting };
}

function understoodLine(line: string): z.infer<typeof answerLine> | undefined {
  try {
    return answerLine.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

const refusal = (exitCode: number, stderrTail: string): LibrbdError =>
  new LibrbdError('librbd', { exitCode, signal: null, stderrTail, timedOut: false });

const ended = (why: string, timedOut = false): ProcessError =>
  new ProcessError('librbd', { exitCode: 0, signal: null, stderrTail: '', timedOut, cause: new Error(why) });
