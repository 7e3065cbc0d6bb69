import { nextToClaim } from '../domain/operations/claim-turn.ts';
import type { PeriodicJob } from '../periodic/periodic-job.ts';
import type { JobQueue } from '../ports/queue.ts';
import type { OpenOperation } from '../ports/stores/journal.ts';
import { type Engine, executeOperation } from '../workflow-engine/execute-operation.ts';
import { KnownOperations } from './known-operations.ts';
import { StaleWatch } from './stale-watch.ts';

const LOOKS_PER_LEASE = 4;
/** A queued operation whose delivery has not come after so many looks is delivered again. */
const LOOKS_BEFORE_REDELIVERY = 2;

/** How soon a slot that is kept for restores sees that there is one. */
const KEPT_LOOK_MS = 2_000;
/** Projects whose last turn is kept in mind. */
const MOST_PROJECTS = 10_000;

export interface OperationJobs {
  /** Takes one delivery, see `operationJobs`. Resolves when there is nothing left that this worker may begin. */
  process(operationId: string, shutdown: AbortSignal): Promise<void>;
  /** Delivers again what Redis forgot and what dead workers left. */
  redelivery: PeriodicJob;
  /** How many operations run here now. */
  running(): number;
}

export interface OperationJobsSettings {
  /** Operations that run at a time: so many deliveries come at once, and no more. */
  slots: number;
  execute?: typeof executeOperation;
}

/**
 * The queue's other end. The queue only wakes workers; which operations are open, and who holds them, is read from
 * the database. So Redis may be flushed or go back in time at any moment. It decides about no order either: a delivery
 * says that there is something to do, and the slot that it wakes does what is next (`nextToClaim`) as long as there is
 * something. A slot that only a restore may have waits for one, and leaves other deliveries to other workers.
 */
export function operationJobs<W>(
  engine: Engine<W>,
  queue: JobQueue,
  { slots, execute = executeOperation }: OperationJobsSettings,
): OperationJobs {
  const { journal, clock, log, leaseMs } = engine;
  const stale = new StaleWatch(leaseMs);
  const lookMs = leaseMs / LOOKS_PER_LEASE;
  const known = new KnownOperations(journal, clock);
  const mine = new Map<string, OpenOperation>();
  const served = new Map<string, number>();
  let turns = 0;

  /** No slot is about to claim it. What one had and lost is for the next, as what another worker lost. */
  const isFree = ({ id, fence }: OpenOperation): boolean => (mine.get(id)?.fence ?? -1) < fence;

  /** From the choice to the note of it nothing else runs: two slots never go for the same one. */
  const choose = (open: readonly OpenOperation[], tried: ReadonlySet<string>) => {
    const nowMs = clock.monotonic();
    const waiting = open.filter(
      (one) => isFree(one) && !tried.has(one.id) && isTime(one, clock.now()) && stale.mayClaim(one, nowMs),
    );
    const running = new Map<string, number>();
    for (const { id, worker, projectId } of open)
      if (worker !== null || mine.has(id)) running.set(projectId, (running.get(projectId) ?? 0) + 1);
    const now = { slots, mine: [...mine.values()], running, served, nowMs: clock.now() };
    const next = nextToClaim(waiting, now);
    if (!next) return { waiting: waiting.length > 0 };
    mine.set(next.id, next);
    served.delete(next.projectId);
    served.set(next.projectId, ++turns);
    for (const project of served.keys()) if (served.size > MOST_PROJECTS) served.delete(project);
    return { next };
  };

  return {
    running: () => mine.size,
    async process(operationId, shutdown) {
      const tried = new Set<string>();
      await known.refresh();
      await known.learn(operationId);
      while (!shutdown.aborted) {
        await known.refresh();
        const { next, waiting } = choose(known.all, tried);
        if (next) {
          tried.add(next.id);
          await execute(engine, next, shutdown).finally(() => {
            known.forget(next.id);
            if (mine.get(next.id) === next) mine.delete(next.id);
          });
        } else if (waiting) await clock.sleep(KEPT_LOOK_MS, shutdown).catch(() => undefined);
        else return;
      }
    },
    redelivery: {
      name: 'redelivery',
      after: 'open operations',
      everyMs: lookMs,
      async look() {
        await known.read();
        const open = known.all;
        const nowMs = clock.monotonic();
        stale.observe(open, nowMs);
        for (const one of open) {
          if (!isTime(one, clock.now()) || !stale.isDue(one, nowMs, lookMs * LOOKS_BEFORE_REDELIVERY)) continue;
          log.info('delivering an open operation again', { operation_id: one.id, fence: one.fence });
          await queue.enqueue(one.id, `w${one.fence}-${one.beat}`);
        }
      },
    },
  };
}

/** Longer than any operation is let wait: then a clock was set back. */
const TOO_FAR_MS = 3_600_000;

/** Whether somebody need look at an operation that waits for the world. */
const isTime = ({ lookAtMs }: OpenOperation, nowMs: number): boolean =>
  lookAtMs === null || lookAtMs <= nowMs || lookAtMs > nowMs + TOO_FAR_MS;
