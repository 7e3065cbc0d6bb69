import { asRewindError } from '../domain/errors.ts';
import type { Turns } from '../ports/stores/turns.ts';
import type { Clock, Log } from '../ports/system.ts';
import { inTurn } from './in-turn.ts';

/** Something that a process does again and again, beside the requests that it serves. */
export interface PeriodicJob {
  /** Its name in metrics and in the table of turns: `expire-snapshots`. */
  name: string;
  /** What it looks after, for the log: `expired snapshots`. */
  after: string;
  /** Milliseconds from the end of one look to the next. */
  everyMs: number;
  /**
   * Present: only one process at a time has the job, and another one follows when that process shows no sign of life
   * for this many milliseconds. The turn is kept through a look, however long, and between looks when `everyMs` is
   * shorter.
   */
  turn?: { silentMs: number };
  /**
   * One look. Ends soon when `over` is aborted, because the process ends or has lost its turn. A rejection is logged.
   */
  look(over: AbortSignal): Promise<unknown>;
  /** Called when the process ends. */
  close?(): Promise<unknown>;
}

export type Outcome = 'done' | 'failed' | 'not-ours';

export interface JobRunner {
  clock: Pick<Clock, 'monotonic' | 'sleep'>;
  log: Log;
  /** Needed for jobs that take turns, with the name of this process. */
  turns?: Turns;
  holder?: string;
  /** Called after each look with its outcome and its duration in seconds. */
  observe?(job: string, outcome: Outcome, seconds: number): void;
}

const TOLD_AGAIN_MS = 60_000;
/**
 * A job that looks more often than this slows down to it while it fails: more requests do not help a service that is
 * away.
 */
const MOST_BACK_OFF_MS = 5_000;
/** While a look takes long, its process shows this many signs of life in the time of silence. */
const BEATS_PER_SILENCE = 4;

/** Runs each job in a loop of its own until `shutdown`, so that none waits for another. Never rejects. */
export async function runJobs(jobs: readonly PeriodicJob[], runner: JobRunner, shutdown: AbortSignal): Promise<void> {
  await Promise.all(jobs.map((job) => runJob(job, runner, shutdown)));
}

async function runJob(job: PeriodicJob, runner: JobRunner, shutdown: AbortSignal): Promise<void> {
  const { clock, log, observe } = runner;
  const mine = turnOf(job, runner);
  const trouble = { failed: 0, toldAtMs: Number.NEGATIVE_INFINITY };
  while (!shutdown.aborted) {
    const beganMs = clock.monotonic();
    const seconds = () => (clock.monotonic() - beganMs) / 1000;
    try {
      const ours = await mine();
      if (ours) await (job.turn ? lookBeating(job, job.turn.silentMs, mine, runner, shutdown) : job.look(shutdown));
      if (trouble.failed > 0) log.info(`looks after ${job.after} again`, { job: job.name, failed: trouble.failed });
      trouble.failed = 0;
      observe?.(job.name, ours ? 'done' : 'not-ours', seconds());
    } catch (error) {
      trouble.failed += 1;
      if (!shutdown.aborted) {
        tell(job, log, trouble, clock.monotonic(), error);
        observe?.(job.name, 'failed', seconds());
      }
    }
    await clock.sleep(pauseMs(job, trouble.failed), shutdown).catch(() => undefined);
  }
  await job.close?.().catch((err: unknown) => log.warn(`could not stop looking after ${job.after}`, { err }));
}

/** One look, during which the turn is kept; when the turn is lost, the look ends. */
async function lookBeating(
  job: PeriodicJob,
  silentMs: number,
  mine: () => Promise<boolean>,
  { clock }: JobRunner,
  shutdown: AbortSignal,
): Promise<void> {
  const ended = new AbortController();
  const lost = new AbortController();
  const beat = async () => {
    for (;;) {
      await clock.sleep(silentMs / BEATS_PER_SILENCE, ended.signal).catch(() => undefined);
      if (ended.signal.aborted) return;
      // A process that cannot reach the database is replaced once it was silent for long enough, and sees that here
      // when it can reach it again.
      if (!(await mine().catch(() => true))) return lost.abort();
    }
  };
  const beating = beat();
  try {
    await job.look(AbortSignal.any([shutdown, lost.signal]));
  } finally {
    ended.abort();
    await beating;
  }
}

/** Logs the first failure at once, and continued failures once a minute. */
function tell(
  { name, after }: PeriodicJob,
  log: Log,
  trouble: { failed: number; toldAtMs: number },
  nowMs: number,
  error: unknown,
): void {
  if (trouble.failed > 1 && nowMs - trouble.toldAtMs < TOLD_AGAIN_MS) return;
  trouble.toldAtMs = nowMs;
  const facts = { job: name, failed: trouble.failed, err: asRewindError(error) };
  log.warn(`could not look after ${after}, trying again`, facts);
}

/** The pause doubles with each failure in a row. */
function pauseMs({ everyMs }: PeriodicJob, failed: number): number {
  const most = Math.max(everyMs, MOST_BACK_OFF_MS);
  return Math.min(most, everyMs * 2 ** Math.min(Math.max(0, failed - 1), 16));
}

function turnOf({ name, turn }: PeriodicJob, { turns, holder, clock }: JobRunner): () => Promise<boolean> {
  if (!turn) return async () => true;
  if (!turns || holder === undefined) throw new Error(`${name} takes turns, and this process has none`);
  return inTurn({ turns, clock, name, holder, silentMs: turn.silentMs });
}
