import type { Operation, OperationFailure, WorkflowName } from '../domain/operations/operation.ts';
import type { OperationEnd } from '../ports/stores/journal.ts';
import type { AnyStep, Step } from './step.ts';

/** What the recipe calls. See the recipes for how it reads. */
export interface Run<W> {
  operation: Operation;
  world: W;
  step<I, O>(step: Step<W, I, O>, input: I): Promise<O>;
  /** Runs one step for every item, `parallel` at a time; the key distinguishes the items in the journal. */
  each<T, I, O>(items: readonly T[], step: Step<W, I, O>, of: EachOf<T, I>): Promise<O[]>;
  /** Before this line: undo. After it: only forward, without a deadline. */
  pointOfNoReturn(): Promise<void>;
  /**
   * For steps after the point of no return whose final failure must not keep the rest from running. The operation then
   * ends as failed, with this step's reason.
   */
  attempt<I, O>(step: Step<W, I, O>, input: I): Promise<O | undefined>;
  attemptEach<T, I, O>(items: readonly T[], step: Step<W, I, O>, of: EachOf<T, I>): Promise<(O | undefined)[]>;
}

export interface EachOf<T, I> {
  key: (item: T) => string;
  input: (item: T) => I;
  parallel?: number;
}

/** The state of the resource (backup, snapshot, restore) when the operation has ended. */
export type ResourceEnd = Pick<OperationEnd, 'backup' | 'restore' | 'snapshot'>;

export interface Workflow<W> {
  name: WorkflowName;
  /** All steps that `run` may take: undo finds them by name. */
  steps: readonly AnyStep<W>[];
  run(run: Run<W>, input: unknown): Promise<ResourceEnd>;
  ended(operation: Operation, failure: OperationFailure): ResourceEnd;
}
