import { asRewindError, fullCode, RewindError } from '../domain/errors.ts';
import type { Operation, OperationFailure } from '../domain/operations/operation.ts';
import type { Journal, OpenOperation } from '../ports/stores/journal.ts';
import type { Clock, Log } from '../ports/system.ts';
import type { OperationMetrics } from '../telemetry/operation-metrics.ts';
import type { BoundaryHook } from './boundary.ts';
import { carefulJournal } from './careful-journal.ts';
import { Deadline } from './deadline.ts';
import { type Execution, failureOf, type OperationEnding, type RetrySettings } from './execution.ts';
import { Lease } from './lease.ts';
import { Progress } from './progress.ts';
import { runOf } from './run-steps.ts';
import { RunningSteps } from './running-steps.ts';
import { LetGo } from './signals.ts';
import { undoAll } from './undo.ts';
import type { ResourceEnd, Workflow } from './workflow.ts';

export interface Engine<W> {
  workflows: readonly Workflow<W>[];
  /** The world as this operation sees it: its calls carry the operation's request id. */
  worldOf(operation: Operation): W;
  journal: Journal;
  clock: Clock;
  log: Log;
  metrics: OperationMetrics;
  /** This worker's name in the database. */
  worker: string;
  leaseMs: number;
  retry: RetrySettings;
  /** Called with `(workflow, key, place)`. */
  boundary: (workflow: string, ...at: Parameters<BoundaryHook>) => void;
  /**
   * Awaited before any end is recorded: records what is left behind. May be called twice. When it rejects, the
   * operation stays open, and the next claim ends it.
   */
  left?: (end: OperationEnding<W>) => Promise<void>;
}

/** `not-claimed`: another worker was faster. `let-go`: somebody else continues. */
export type ExecutionEnd = 'succeeded' | 'failed' | 'cancelled' | 'let-go' | 'not-claimed';

/** An operation that waits for an outside service is looked at at least this often. */
const LONGEST_WAIT_MS = 300_000;

/**
 * Claims an open operation and runs its recipe from the journal's present state to its end. Rejects only when the
 * database does.
 */
export async function executeOperation<W>(
  engine: Engine<W>,
  seen: OpenOperation,
  shutdown: AbortSignal,
): Promise<ExecutionEnd> {
  const fence = await engine.journal.claim(seen, engine.worker);
  if (fence === undefined) return 'not-claimed';
  const execution = await open(engine, seen.id, fence, shutdown);
  const leaves = engine.metrics.operationRuns();
  execution.lease.start();
  execution.log.info('operation claimed', { fence, resumed: execution.entries.size > 0 });
  try {
    return await runToEnd(engine, execution);
  } catch (error) {
    if (!(error instanceof LetGo)) throw error;
    execution.log.info('operation let go', { why: error.why });
    if (error.why === 'shutdown') await engine.journal.release(seen.id, fence);
    if (error.why === 'not-yet')
      await engine.journal.release(seen.id, fence, { pauseMs: error.pauseMs, longestMs: LONGEST_WAIT_MS });
    return 'let-go';
  } finally {
    leaves();
    await execution.lease.stop();
  }
}

async function open<W>(engine: Engine<W>, id: string, fence: number, shutdown: AbortSignal): Promise<Execution<W>> {
  const journal = carefulJournal(engine.journal);
  const { operation, entries } = await journal.load(id);
  const log = engine.log.with({
    operation_id: id,
    workflow: operation.workflow,
    project_id: operation.project_id,
    request_id: operation.request_id,
    global_request_id: operation.global_request_id,
  });
  const steps = engine.workflows.find((workflow) => workflow.name === operation.workflow)?.steps ?? [];
  const before = { bytesDone: 0, bytesTotal: operation.bytes_total, percent: operation.progress };
  const progress = new Progress(steps.length, before);
  const deadline = new Deadline(operation, fence, { ...engine, progress, deadlineMs: engine.retry.deadlineMs });
  const running = new RunningSteps();
  return {
    world: engine.worldOf(operation),
    operation,
    steps,
    fence,
    entries: new Map(entries.map((entry) => [entry.key, entry])),
    journal,
    clock: engine.clock,
    log,
    lease: new Lease(engine.journal, engine.clock, log, progress, {
      operationId: id,
      fence,
      leaseMs: engine.leaseMs,
      shutdown,
      deadline,
      onBeat: () => running.tell(engine.clock.monotonic()),
    }),
    progress,
    running,
    deadline,
    boundary: (key, place) => engine.boundary(operation.workflow, key, place),
    retry: engine.retry,
    metrics: engine.metrics,
    committed: operation.committed,
    left: engine.left,
  };
}

async function runToEnd<W>(engine: Engine<W>, execution: Execution<W>): Promise<ExecutionEnd> {
  const { operation } = execution;
  const workflow = engine.workflows.find((one) => one.name === operation.workflow);
  if (!workflow) return end(execution, operation, noWorkflow(operation), {});
  if (operation.undoing) return putBack(execution, workflow, operation.failure ?? failureOf(asRewindError(undefined)));
  const problems: OperationFailure[] = [];
  const outcome = await forward(execution, workflow, problems);
  if ('error' in outcome) {
    const failure = failureOf(outcome.error);
    if (execution.committed) return end(execution, operation, failure, workflow.ended(operation, failure));
    return putBack(execution, workflow, failure);
  }
  const problem = problems[0] ?? null;
  const resource = problem ? overlaid(outcome.resource, workflow.ended(operation, problem)) : outcome.resource;
  return end(execution, operation, problem, resource);
}

/** What was made is reported even when something after the point of no return went wrong. */
function overlaid(made: ResourceEnd, failed: ResourceEnd): ResourceEnd {
  if (!made.restore || !failed.restore) return failed;
  return { restore: { id: made.restore.id, change: { ...made.restore.change, ...failed.restore.change } } };
}

/**
 * Runs the recipe; its failure is returned as a value, so that trouble with recording the end can never be taken for a
 * failure of the recipe.
 */
async function forward<W>(
  execution: Execution<W>,
  workflow: Workflow<W>,
  problems: OperationFailure[],
): Promise<{ resource: ResourceEnd } | { error: RewindError }> {
  try {
    return { resource: await workflow.run(runOf(execution, problems), execution.operation.input) };
  } catch (caught) {
    if (caught instanceof LetGo) throw caught;
    execution.lease.lost.throwIfAborted();
    const error = asRewindError(caught);
    execution.log.error('operation failed', { err: error, committed: execution.committed });
    return { error };
  }
}

async function putBack<W>(
  execution: Execution<W>,
  workflow: Workflow<W>,
  failure: OperationFailure,
): Promise<ExecutionEnd> {
  const { operation, fence, journal } = execution;
  if (!operation.undoing) await journal.beginUndo(operation.id, fence, failure);
  execution.boundary('undo', 'before-act');
  const left = await undoAll(execution);
  if (left.length > 0) execution.log.error('could not be put back by now', { steps: left });
  return end(execution, operation, failure, workflow.ended(operation, failure));
}

async function end<W>(
  execution: Execution<W>,
  operation: Operation,
  failure: OperationFailure | null,
  resource: ResourceEnd,
): Promise<ExecutionEnd> {
  const status =
    failure === null ? 'succeeded' : failure.code === fullCode('operation.cancelled') ? 'cancelled' : 'failed';
  execution.boundary('finish', 'before-act');
  await execution.lease.prove();
  await tellLeft(execution);
  await execution.journal.finish(operation.id, execution.fence, { status, failure, ...resource });
  const startedMs = Date.parse(operation.started_at ?? operation.created_at);
  execution.metrics.operationEnded(operation.workflow, status, (execution.clock.now() - startedMs) / 1000);
  execution.boundary('finish', 'after-record');
  execution.log.info('operation ended', { status, code: failure?.code });
  return status;
}

/** As with the journal, trouble with the database ends this claim and nothing else. */
async function tellLeft<W>({ left, world, operation, committed, entries, log }: Execution<W>): Promise<void> {
  try {
    await left?.({ world, operation: { ...operation, committed }, entries: [...entries.values()], log });
  } catch (error) {
    const letGo = new LetGo('lease-lost');
    letGo.cause = error;
    throw letGo;
  }
}

const noWorkflow = ({ workflow }: Operation): OperationFailure =>
  failureOf(new RewindError('workflow.unknown', `This release does not know the recipe ${workflow}.`));
