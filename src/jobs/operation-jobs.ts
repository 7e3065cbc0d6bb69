import { asRewindError } from '../domain/errors.ts';
import type { JobQueue } from '../ports/queue.ts';
import type { OpenOperation } from '../ports/stores.ts';
import { type Engine, executeOperation } from '../workflow-engine/execute-operation.ts';
import { StaleWatch } from './stale-watch.ts';

const LOOKS_PER_LEASE = 4;
/** A queued operation whose delivery has not come after so many looks is delivered again. */
const LOOKS_BEFORE_REDELIVERY = 2;

export interface OperationJobs {
  /** Takes one delivery. Resolves when the operation has ended, was let go, or is somebody else's. */
  process(operationId: string, shutdown: AbortSignal): Promise<void>;
  /** Until `shutdown`: delivers again what Redis forgot and what dead workers left. */
  watch(shutdown: AbortSignal): Promise<void>;
}

/**
 * The queue's other end. The queue only wakes workers; which operations are open, and who holds them, is read from
 * the database. So Redis may be flushed or go back in time at any moment.
 */
export function operationJobs<W>(engine: Engine<W>, queue: JobQueue): OperationJobs {
  const { journal, clock, log, leaseMs } = engine;
  const stale = new StaleWatch(leaseMs);
  const lookMs = leaseMs / LOOKS_PER_LEASE;
  return {
    async process(operationId, shutdown) {
      const one = (await journal.openOperations()).find((open) => open.id === operationId);
      if (!one || !isTime(one, clock.now()) || !stale.mayClaim(one, clock.monotonic())) return;
      await executeOperation(engine, one, shutdown);
    },
    async watch(shutdown) {
      while (!shutdown.aborted) {
        try {
          const open = await journal.openOperations();
          const nowMs = clock.monotonic();
          stale.observe(open, nowMs);
          for (const one of open) {
            if (!isTime(one, clock.now()) || !stale.isDue(one, nowMs, lookMs * LOOKS_BEFORE_REDELIVERY)) continue;
            log.info('delivering an open operation again', { operation_id: one.id, fence: one.fence });
            await queue.enqueue(one.id, `w${one.fence}-${one.beat}`);
          }
        } catch (error) {
          log.warn('could not look after open operations, trying again', { err: asRewindError(error) });
        }
        await clock.sleep(lookMs, shutdown).catch(() => undefined);
      }
    },
  };
}

/** Longer than any operation is let wait: then a clock was set back. */
const TOO_FAR_MS = 3_600_000;

/** Whether somebody need look at an operation that waits for the world. */
const isTime = ({ lookAtMs }: OpenOperation, nowMs: number): boolean =>
  lookAtMs === null || lookAtMs <= nowMs || lookAtMs > nowMs + TOO_FAR_MS;
