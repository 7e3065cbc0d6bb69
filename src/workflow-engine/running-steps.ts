import type { OperationFailure } from '../domain/operations/operation.ts';
import type { Log } from '../ports/system.ts';

const LINE_EVERY_MS = 60_000;

/** A step on which this worker works. */
export interface RunningStep {
  log: Log;
  sinceMs: number;
  toldMs: number;
  /** Bytes of the present attempt. */
  bytes: number;
  /** Bytes and acts of all attempts. */
  moved: number;
  trouble: OperationFailure | null;
}

/** What one claim of an operation is doing, for the log and for those that need to know whether it makes progress. */
export class RunningSteps {
  readonly #steps = new Set<RunningStep>();

  begin(log: Log, nowMs: number): RunningStep {
    const step = { log, sinceMs: nowMs, toldMs: nowMs, bytes: 0, moved: 0, trouble: null };
    this.#steps.add(step);
    return step;
  }

  end(step: RunningStep): void {
    this.#steps.delete(step);
  }

  /** True: nothing makes progress, so waiting is in vain. */
  get allInTrouble(): boolean {
    return [...this.#steps].every((step) => step.trouble !== null);
  }

  /** Logs a line for each running step, once a minute. */
  tell(nowMs: number): void {
    for (const step of this.#steps) {
      if (nowMs - step.toldMs < LINE_EVERY_MS) continue;
      step.toldMs = nowMs;
      step.log.info('step runs', {
        seconds: Math.round((nowMs - step.sinceMs) / 1000),
        bytes: step.bytes,
        ...(step.trouble && { trouble: step.trouble.code }),
      });
    }
  }
}
