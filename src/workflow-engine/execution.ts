import type { RewindError } from '../domain/errors.ts';
import type { JournalEntry, Operation, OperationFailure } from '../domain/operations/operation.ts';
import type { Journal } from '../ports/stores/journal.ts';
import type { Clock, Log } from '../ports/system.ts';
import type { OperationMetrics } from '../telemetry/operation-metrics.ts';
import type { BoundaryHook } from './boundary.ts';
import type { Deadline } from './deadline.ts';
import type { Lease } from './lease.ts';
import type { Progress } from './progress.ts';
import type { Trouble } from './retry.ts';
import type { RunningStep, RunningSteps } from './running-steps.ts';
import type { AnyStep, StepContext } from './step.ts';

/** How long a step is retried when an outside service does not answer. */
export interface RetrySettings {
  /** Limit for trouble before the point of no return and for undo: after it the operation fails. Milliseconds. */
  budgetMs: number;
  /** An operation on which nothing moves for this long fails, before the point of no return. Milliseconds. */
  deadlineMs: number;
}

/** A transfer that breaks at the same place every time is not retried for ever. */
const MOST_IN_VAIN = 10;

export const withinBudget =
  ({ retry }: { retry: RetrySettings }) =>
  (error: { retry: boolean }, { sinceMs, vain }: Trouble): boolean =>
    error.retry && sinceMs < retry.budgetMs && vain < MOST_IN_VAIN;

/** Everything that one claim of an operation shares. */
export interface Execution<W> {
  world: W;
  operation: Operation;
  /** The steps of its recipe. */
  steps: readonly AnyStep<W>[];
  fence: number;
  entries: Map<string, JournalEntry>;
  journal: Journal;
  clock: Clock;
  log: Log;
  lease: Lease;
  progress: Progress;
  running: RunningSteps;
  deadline: Deadline;
  boundary: BoundaryHook;
  retry: RetrySettings;
  metrics: OperationMetrics;
  committed: boolean;
  /** See `Engine`. */
  left: ((end: OperationEnding<W>) => Promise<void>) | undefined;
}

/** An operation that is about to end, with the present state of its journal. */
export interface OperationEnding<W> {
  world: W;
  operation: Operation;
  entries: readonly JournalEntry[];
  log: Log;
}

const FIRST_LOOK_MS = 200;
const LONGEST_LOOK_MS = 3_000;

/** `begunBefore`: see the context. */
export function contextOf<W>(
  execution: Execution<W>,
  key: string,
  signal: AbortSignal,
  begunBefore: () => boolean,
  step: RunningStep,
): StepContext<W> {
  const { clock, entries, journal, lease, operation } = execution;
  return {
    world: execution.world,
    operation,
    fence: execution.fence,
    signal,
    mark: entries.get(key)?.mark ?? null,
    begunBefore,
    noted: () => entries.get(key)?.noted,
    async note(noted) {
      await journal.note(operation.id, execution.fence, key, noted);
      Object.assign(entries.get(key) ?? {}, { noted });
    },
    log: step.log,
    proveLease: () => lease.prove(),
    progress: {
      total: (bytes) => execution.progress.total(bytes),
      add(bytes) {
        step.bytes += bytes;
        step.moved += bytes;
        step.trouble = null;
        execution.progress.add(bytes);
        execution.metrics.bytesMoved(operation.workflow, bytes);
      },
    },
    boundary(place) {
      // Between two acts, one of them is done.
      step.moved += 1;
      step.trouble = null;
      execution.boundary(key, place);
    },
    waitFor: async (look, limitMs, late) => {
      const began = clock.monotonic();
      for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_LOOK_MS)) {
        const seen = await look();
        if (seen !== undefined) return seen;
        if (clock.monotonic() - began > limitMs) throw late();
        await clock.sleep(pauseMs, signal);
      }
    },
  };
}

export const failureOf = (error: RewindError): OperationFailure => ({
  code: error.code,
  reason: error.message,
  fault: error.fault,
  hint: error.hint ?? null,
});
