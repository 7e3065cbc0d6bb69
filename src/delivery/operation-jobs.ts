import { BoundedMap } from '../domain/bounded-map.ts';
import { nextToClaim } from '../domain/operations/claim-turn.ts';
import type { PeriodicJob } from '../periodic/periodic-job.ts';
import type { JobQueue } from '../ports/queue.ts';
import type { OpenOperation } from '../ports/stores/journal.ts';
import { type Engine, executeOperation } from '../workflow-engine/execute-operation.ts';
import { KnownOperations } from './known-operations.ts';
import { StaleWatch } from './stale-watch.ts';

const LOOKS_PER_LEASE = 4;
/** A queued operation whose delivery has not come after this many looks is delivered again. */
const LOOKS_BEFORE_REDELIVERY = 2;

/** How soon a slot that is kept for restores sees a new one. */
const KEPT_LOOK_MS = 2_000;
/** Number of projects whose last turn is remembered. */
const MOST_PROJECTS = 10_000;

export interface OperationJobs {
  /** Takes one delivery, see `operationJobs`. Resolves when there is nothing left that this worker may begin. */
  process(operationId: string, shutdown: AbortSignal): Promise<void>;
  /** Delivers again what Redis forgot and what dead workers left. */
  redelivery: PeriodicJob;
  /** Number of operations that run here now. */
  running(): number;
}

export interface OperationJobsSettings {
  /** Number of operations that may run at a time; as many deliveries are taken at once, and no more. */
  slots: number;
  execute?: typeof executeOperation;
}

/**
 * The queue's other end. The queue only wakes workers; the database says which operations are open, and who holds them.
 * So Redis may be flushed or go back in time at any moment. Nor does the queue decide the order: a delivery says that
 * there is something to do, and the slot that it wakes does what is next (`nextToClaim`) as long as there is something.
 * A slot that is reserved for restores waits for one, and leaves other deliveries to other workers.
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
  const served = new BoundedMap<string, number>(MOST_PROJECTS);
  let turns = 0;

  /**
   * No slot is about to claim it. An operation that a slot had and lost is for the next one, like an operation that
   * another worker lost.
   */
  const isFree = ({ id, fence }: OpenOperation): boolean => (mine.get(id)?.fence ?? -1) < fence;

  /** Nothing else runs between the choice and its record: so two slots never choose the same operation. */
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
    served.set(next.projectId, ++turns);
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

/** No operation has to wait longer than this: if one seems to, a clock was set back. */
const TOO_FAR_MS = 3_600_000;

/** Whether somebody should look at an operation that waits for an outside service. */
const isTime = ({ lookAtMs }: OpenOperation, nowMs: number): boolean =>
  lookAtMs === null || lookAtMs <= nowMs || lookAtMs > nowMs + TOO_FAR_MS;
