import type { Given } from '../command-line/command.ts';
import { RewindError } from '../domain/errors.ts';
import type { ListedOperation, ShownStep } from '../domain/operation.ts';
import type { Shared } from './shared.ts';

export const MOST_OPERATIONS = 200;
const ENDED: readonly ListedOperation['status'][] = ['succeeded', 'failed', 'cancelled'];

/** The open operations of all projects, the newest first; with `--all` the last ones of any status. */
export async function listOperations({ operations }: Shared, { flags, out }: Given): Promise<boolean> {
  const open = { field: 'status', op: 'in' as const, values: ['queued', 'running'] };
  const rows = await operations.list({
    projectId: null,
    filters: flags.has('all') ? [] : [open],
    sort: [{ field: 'created_at', descending: true }],
    limit: MOST_OPERATIONS,
    marker: null,
  });
  out.whenEmpty('none');
  for (const one of rows) out.row(factsOf(one), lineOf(one));
  return true;
}

/** One operation with its steps. */
export async function showOperation({ operations }: Shared, { words: [id = ''], out }: Given): Promise<boolean> {
  const operation = await found(operations, id);
  const steps = await operations.steps(operation.id);
  out.row(
    { ...factsOf(operation), steps: steps.map(stepFacts) },
    [lineOf(operation), ...steps.map(stepLine)].join('\n'),
  );
  return true;
}

/** Asks an operation to stop and put back what it did, whosever it is. False: it has ended, or only goes forward now. */
export async function cancelOperation({ operations, log }: Shared, { words: [id = ''], out }: Given): Promise<boolean> {
  const operation = await found(operations, id);
  if (ENDED.includes(operation.status)) {
    throw new RewindError('operation.finished', 'The operation has ended already.', {
      hint: `It is ${operation.status}.`,
    });
  }
  if (operation.committed) {
    throw new RewindError(
      'operation.committed',
      'The operation is past the point of no return and can only be finished.',
    );
  }
  await operations.requestCancel(operation.id);
  log.warn('an operator cancelled an operation', { operation_id: operation.id, project_id: operation.project_id });
  out.row(
    { id: operation.id, cancel_requested: true },
    `${operation.id} is asked to stop: its worker sees it within seconds`,
  );
  return true;
}

async function found(operations: Shared['operations'], id: string): Promise<ListedOperation> {
  const operation = await operations.operation(id, null);
  if (operation) return operation;
  throw new RewindError('operation.not-found', `There is no operation ${id}.`, {
    hint: 'rewind admin operations --all lists the last ones.',
  });
}

function factsOf({ failure, ...operation }: ListedOperation): Record<string, unknown> {
  return {
    ...operation,
    fail_code: failure?.code ?? null,
    fail_reason: failure?.reason ?? null,
    fail_hint: failure?.hint ?? null,
  };
}

function lineOf(one: ListedOperation): string {
  const why = one.failure ? `  ${one.failure.code}: ${one.failure.reason}` : '';
  return `${one.id}  ${one.workflow.padEnd(20)} ${one.status.padEnd(9)} ${String(one.progress).padStart(3)}%  project ${one.project_id}  ${one.created_at}${why}`;
}

const stepFacts = ({ key, state, started_at, finished_at }: ShownStep) => ({
  name: key,
  state,
  started_at,
  finished_at,
});

const stepLine = ({ key, state, started_at, finished_at }: ShownStep): string =>
  `    ${key.padEnd(40)} ${state.padEnd(9)} ${started_at}  ${finished_at ?? ''}`.trimEnd();
