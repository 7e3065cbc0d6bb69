import type { Operation } from '../domain/operations/operation.ts';
import type { Log } from '../ports/system.ts';

/** What a step gets besides its input. `W` is the world that its recipes act on. */
export interface StepContext<W> {
  world: W;
  operation: Operation;
  /** Number of this claim of the operation: different for every worker that takes it over. */
  fence: number;
  /** Aborted when the operation is cancelled, taken over, or this worker shuts down. */
  signal: AbortSignal;
  /**
   * Random, and recorded with the step's intent: whatever the step makes carries it, so that a successor recognizes it.
   * Nobody else knows it before. Null: the intent was recorded by a release that drew none.
   */
  mark: string | null;
  /** Whether an earlier attempt, by this worker or another, may have acted. If not, nothing can be this step's yet. */
  begunBefore(): boolean;
  /** What `note` last recorded, by any worker. */
  noted(): unknown;
  /**
   * Records what is about to be requested, where the outside world alone would not show afterwards who did it. JSON.
   */
  note(noted: unknown): Promise<void>;
  log: Log;
  /**
   * Proves that nobody has taken the operation over. It must be awaited right before every destructive act: the queue
   * delivers at least once, and a worker that was paused may wake up beside its successor.
   */
  proveLease(): Promise<void>;
  progress: ProgressSink;
  /** A place between two acts of one step where tests may end the process. */
  boundary(place: string): void;
  /** Calls `look` until it returns something; after `limitMs` it rejects with the error that `late` makes. */
  waitFor<T>(look: () => Promise<T | undefined>, limitMs: number, late: () => Error): Promise<T>;
}

export interface ProgressSink {
  /** The number of bytes that the operation has to move in total, as soon as it is known. */
  total(bytes: number): void;
  add(bytes: number): void;
}

/**
 * One line of a recipe. Input and output go through the journal: JSON only, no secrets. A step may run twice, by
 * different workers: `find` looks at the world first.
 */
export interface Step<W, I, O> {
  name: string;
  /** Looks whether the world already shows what `act` would do. Undefined: it does not. */
  find?(context: StepContext<W>, input: I): Promise<O | undefined>;
  act(context: StepContext<W>, input: I): Promise<O>;
  /**
   * Undoes the step. May run twice, and also when `act` never ran, so it looks first. `output` only if the step was
   * done.
   */
  undo?(context: StepContext<W>, input: I, output: O | undefined): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: a list of steps of different inputs and outputs
export type AnyStep<W> = Step<W, any, any>;
