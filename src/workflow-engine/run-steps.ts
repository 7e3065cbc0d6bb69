import { asRewindError, RewindError } from '../domain/errors.ts';
import type { OperationFailure } from '../domain/operations/operation.ts';
import { mapBounded } from './bounded.ts';
import { contextOf, type Execution, failureOf, withinBudget } from './execution.ts';
import { type Trouble, withRetry } from './retry.ts';
import { LetGo } from './signals.ts';
import type { AnyStep, Step } from './step.ts';
import type { EachOf, Run } from './workflow.ts';

const MANY = 64;

/** The forward half of the engine: runs the steps of a recipe, each at least once, and records each once. */
export function runOf<W>(execution: Execution<W>, problems: OperationFailure[]): Run<W> {
  const work = AbortSignal.any([execution.lease.lost, execution.lease.cancelled]);
  // After the point of no return a cancel is no longer obeyed.
  const signal = () => (execution.committed ? execution.lease.lost : work);
  const each = async <T, I, O>(
    items: readonly T[],
    of: EachOf<T, I>,
    one: (item: T, signal: AbortSignal) => Promise<O>,
  ) => {
    const siblings = new AbortController();
    const shared = AbortSignal.any([signal(), siblings.signal]);
    return mapBounded(
      items,
      of.parallel ?? MANY,
      (reason) => siblings.abort(reason),
      (item) => one(item, shared),
    );
  };
  const noted = async <O>(act: () => Promise<O>): Promise<O | undefined> => {
    try {
      return await act();
    } catch (error) {
      if (error instanceof LetGo) throw error;
      problems.push(failureOf(asRewindError(error)));
      return undefined;
    }
  };
  return {
    operation: execution.operation,
    world: execution.world,
    step: (step, input) => runStep(execution, step, step.name, input, signal(), patience(execution)),
    each: (items, step, of) =>
      each(items, of, (item, shared) =>
        runStep(execution, step, `${step.name}[${of.key(item)}]`, of.input(item), shared, patience(execution)),
      ),
    attempt: (step, input) =>
      noted(() => runStep(execution, step, step.name, input, signal(), withinBudget(execution))),
    attemptEach: (items, step, of) =>
      each(items, of, (item, shared) =>
        noted(() =>
          runStep(execution, step, `${step.name}[${of.key(item)}]`, of.input(item), shared, withinBudget(execution)),
        ),
      ),
    pointOfNoReturn: async () => {
      if (execution.committed) return;
      // Asks once more, so that a cancel that was accepted since the last beat is not missed.
      await execution.lease.beat().catch(() => {});
      work.throwIfAborted();
      execution.boundary('point-of-no-return', 'before-act');
      await execution.journal.commit(execution.operation.id, execution.fence);
      execution.committed = true;
      execution.boundary('point-of-no-return', 'after-record');
    },
  };
}

/** No step is begun after the deadline, as long as everything can still be undone. */
function refuseLate<W>(execution: Execution<W>): void {
  if (execution.committed || !execution.deadline.isOver) return;
  throw new RewindError('operation.deadline');
}

/**
 * Undo finds steps in the recipe's list: what an unlisted step made would stay. Past the point of no return the
 * operation waits with this reason for a release in which it is mended.
 */
function refuseUnlisted<W>({ steps }: Execution<W>, step: AnyStep<W>): void {
  if (steps.includes(step)) return;
  throw new RewindError('internal.step-not-listed', {
    cause: new Error(`The recipe does not list its step ${step.name}.`),
  });
}

type Again = (error: RewindError, trouble: Trouble) => boolean;
/** After the point of no return: after this time others get this worker's place. */
const YIELD_AFTER_MS = 20_000;
/** The first wait before the operation is looked at again. */
const FIRST_WAIT_MS = 30_000;

/**
 * Before the point of no return, errors that waiting cannot mend make the operation fail. After it nothing is ever
 * given up: a half-swapped server must stay locked until it is whole; meanwhile the reason is shown.
 */
function patience<W>(execution: Execution<W>): Again {
  const within = withinBudget(execution);
  if (!execution.committed) return (error, trouble) => within(error, trouble) && !execution.deadline.isOver;
  return (_error, { sinceMs }) => {
    // Not while another disk's transfer makes progress beside it.
    if (sinceMs > YIELD_AFTER_MS && execution.running.allInTrouble) throw new LetGo('not-yet', FIRST_WAIT_MS);
    return true;
  };
}

async function runStep<W, I, O>(
  execution: Execution<W>,
  step: Step<W, I, O>,
  key: string,
  input: I,
  signal: AbortSignal,
  again: Again,
): Promise<O> {
  const { journal, operation, fence, entries } = execution;
  const recorded = entries.get(key);
  if (recorded?.state === 'done') {
    execution.progress.stepDone();
    return recorded.output as O;
  }
  signal.throwIfAborted();
  refuseLate(execution);
  let begunBefore = recorded !== undefined;
  if (!recorded) await recordIntent(execution, key, input);
  const running = execution.running.begin(execution.log.with({ step: key }), execution.clock.monotonic());
  const context = contextOf(execution, key, signal, () => begunBefore, running);
  let troubled = false;
  try {
    execution.boundary(key, 'before-act');
    context.log.info('step begun', { again: begunBefore });
    const output = await withRetry(
      execution.clock,
      {
        signal,
        again,
        moved: () => running.moved,
        onTrouble: async (error) => {
          troubled = true;
          begunBefore = true;
          running.trouble = failureOf(error);
          execution.progress.takeBack(running.bytes);
          running.bytes = 0;
          context.log.warn('step has trouble, trying again', { err: error });
          await journal.noteTrouble(operation.id, fence, running.trouble);
        },
      },
      async () => {
        refuseUnlisted(execution, step);
        await execution.lease.prove();
        const found = await step.find?.(context, input);
        // Null is an output like any other.
        return found === undefined ? step.act(context, input) : found;
      },
    );
    if (troubled) await journal.noteTrouble(operation.id, fence, null);
    execution.boundary(key, 'after-act');
    await journal.complete(operation.id, fence, key, output ?? null);
    const entry = entries.get(key);
    if (entry) Object.assign(entry, { state: 'done', output });
    execution.progress.stepDone();
    context.log.info('step done');
    execution.boundary(key, 'after-record');
    return output;
  } finally {
    execution.running.end(running);
  }
}

async function recordIntent<W>(execution: Execution<W>, key: string, input: unknown): Promise<void> {
  const mark = await execution.journal.intend(execution.operation.id, execution.fence, key, input ?? null);
  execution.entries.set(key, {
    operation_id: execution.operation.id,
    seq: execution.entries.size,
    key,
    state: 'intended',
    input,
    output: null,
    mark,
    started_at: new Date(execution.clock.now()).toISOString(),
    finished_at: null,
  });
}

/** The step to which a journal key belongs. */
export function stepOfKey<W>(steps: readonly AnyStep<W>[], key: string): AnyStep<W> | undefined {
  const name = key.includes('[') ? key.slice(0, key.indexOf('[')) : key;
  return steps.find((step) => step.name === name);
}
