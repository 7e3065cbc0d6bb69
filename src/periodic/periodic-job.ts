import { asRewindError } from '../domain/errors.ts';
import type { Turns } from '../ports/stores/turns.ts';
import type { Clock, Log } from '../ports/system.ts';
import { inTurn } from './in-turn.ts';

/** What a process does again and again, beside what it is asked for. */
export interface PeriodicJob {
  /** Of its metric, and in the table of turns: `expire-snapshots`. */
  name: string;
  /** What it looks after, as the log says it: `expired snapshots`. */
  after: string;
  /** Milliseconds from the end of a look to the next. */
  everyMs: number;
  /**
   * One process at a time has it, and who shows no life for so many milliseconds is followed by another. It is kept through a
   * look, however long, and between looks when `everyMs` is shorter.
   */
  turn?: { silentMs: number };
  /** One look. Ends soon when `over` is aborted: the process ends, or has lost its turn. What it rejects with is told. */
  look(over: AbortSignal): Promise<unknown>;
  /** When the process ends. */
  close?(): Promise<unknown>;
}

export type Outcome = 'done' | 'failed' | 'not-ours';

export interface Running {
  clock: Pick<Clock, 'monotonic' | 'sleep'>;
  log: Log;
  /** Needed for jobs that take turns, with who this process is. */
  turns?: Turns;
  holder?: string;
  /** Told of each look: how it went and how many seconds it took. */
  observe?(job: string, outcome: Outcome, seconds: number): void;
}

const TOLD_AGAIN_MS = 60_000;
/** What looks more often than this is slowed down to it while it fails: nobody is helped by asking what is away. */
const MOST_BACK_OFF_MS = 5_000;
/** While a look takes long, its process shows so often that it lives. */
const BEATS_PER_SILENCE = 4;

/** Until `shutdown`: each job in a loop of its own, so that none waits for another. Never rejects. */
export async function runJobs(jobs: readonly PeriodicJob[], running: Running, shutdown: AbortSignal): Promise<void> {
  await Promise.all(jobs.map((job) => runJob(job, running, shutdown)));
}

async function runJob(job: PeriodicJob, running: Running, shutdown: AbortSignal): Promise<void> {
  const { clock, log, observe } = running;
  const mine = turnOf(job, running);
  const trouble = { failed: 0, toldAtMs: Number.NEGATIVE_INFINITY };
  while (!shutdown.aborted) {
    const beganMs = clock.monotonic();
    const seconds = () => (clock.monotonic() - beganMs) / 1000;
    try {
      const ours = await mine();
      if (ours) await (job.turn ? lookBeating(job, job.turn.silentMs, mine, running, shutdown) : job.look(shutdown));
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

/** One look, through which the turn is kept; when it is lost, the look ends. */
async function lookBeating(
  job: PeriodicJob,
  silentMs: number,
  mine: () => Promise<boolean>,
  { clock }: Running,
  shutdown: AbortSignal,
): Promise<void> {
  const ended = new AbortController();
  const lost = new AbortController();
  const beat = async () => {
    for (;;) {
      await clock.sleep(silentMs / BEATS_PER_SILENCE, ended.signal).catch(() => undefined);
      if (ended.signal.aborted) return;
      // Who cannot reach the database is followed once it was silent for long enough, and sees that here when it can again.
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

/** The first trouble at once, what goes on each minute. */
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

/** Doubled with each failure in a row. */
function pauseMs({ everyMs }: PeriodicJob, failed: number): number {
  const most = Math.max(everyMs, MOST_BACK_OFF_MS);
  return Math.min(most, everyMs * 2 ** Math.min(Math.max(0, failed - 1), 16));
}

function turnOf({ name, turn }: PeriodicJob, { turns, holder, clock }: Running): () => Promise<boolean> {
  if (!turn) return async () => true;
  if (!turns || holder === undefined) throw new Error(`${name} takes turns, and this process has none`);
  return inTurn({ turns, clock, name, holder, silentMs: turn.silentMs });
}
