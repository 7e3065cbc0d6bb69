import { operationStandings } from '../adapters/sql/operations/operation-standings.ts';
import { RewindError } from '../domain/errors.ts';
import type { ListedOperation, ShownStep } from '../domain/operations/operation.ts';
import type { OperationStanding } from '../domain/operations/operation-standing.ts';
import type { Shared } from '../wiring/shared.ts';
import type { Given } from './command-line/command.ts';

export const MOST_OPERATIONS = 200;
const ENDED: readonly ListedOperation['status'][] = ['succeeded', 'failed', 'cancelled'];

/**
 * Lists the open operations of all projects and their progress, the newest first; with `--all` the last ones of any
 * status.
 */
export async function listOperations(
  { operations, db, clock }: Pick<Shared, 'operations' | 'db' | 'clock'>,
  { flags, out }: Pick<Given, 'flags' | 'out'>,
): Promise<boolean> {
  const open = { field: 'status', op: 'in' as const, values: ['queued', 'running'] };
  const rows = await operations.list({
    projectId: null,
    filters: flags.has('all') ? [] : [open],
    sort: [{ field: 'created_at', descending: true }],
    limit: MOST_OPERATIONS,
    marker: null,
  });
  out.whenEmpty('none');
  const standings = await operationStandings(
    db,
    rows.map(({ id }) => id),
  );
  const now = clock.now();
  for (const one of rows) {
    const standing = standings.get(one.id);
    out.row({ ...factsOf(one), ...(standing && standingFacts(one, standing, now)) }, lineOf(one, standing, now));
  }
  return true;
}

/** Shows one operation with its steps. */
export async function showOperation({ operations }: Shared, { words: [id = ''], out }: Given): Promise<boolean> {
  const operation = await found(operations, id);
  const steps = await operations.steps(operation.id);
  out.row(
    { ...factsOf(operation), steps: steps.map(stepFacts) },
    [lineOf(operation), ...steps.map(stepLine)].join('\n'),
  );
  return true;
}

/** Asks an operation of any project to stop and undo what it did. False: it has ended, or can only go forward now. */
export async function cancelOperation({ operations, log }: Shared, { words: [id = ''], out }: Given): Promise<boolean> {
  const operation = await found(operations, id);
  if (ENDED.includes(operation.status)) {
    throw new RewindError('operation.finished', { hint: `It is ${operation.status}.` });
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

const isOpen = ({ status }: ListedOperation): boolean => !ENDED.includes(status);

function standingFacts(
  one: ListedOperation,
  { trouble, ...standing }: OperationStanding,
  now: number,
): Record<string, unknown> {
  const since = (at: string | null): number | null => (at === null ? null : secondsSince(at, now));
  return {
    ...standing,
    beat_age_seconds: isOpen(one) ? since(standing.beat_at) : null,
    age_seconds: since(one.created_at),
    trouble_code: trouble?.code ?? null,
    trouble_reason: trouble?.reason ?? null,
  };
}

function lineOf(one: ListedOperation, standing?: OperationStanding, now = 0): string {
  const why = one.failure ? `  ${one.failure.code}: ${one.failure.reason}` : '';
  const line = `${one.id}  ${one.workflow.padEnd(20)} ${one.status.padEnd(9)} ${String(one.progress).padStart(3)}%  project ${one.project_id}  ${one.created_at}${why}`;
  return standing && isOpen(one) ? `${line}\n    ${standingText(one, standing, now)}` : line;
}

function standingText(one: ListedOperation, standing: OperationStanding, now: number): string {
  const { steps, worker, beat_at, look_at, trouble, server_id } = standing;
  const beat = beat_at === null ? '' : `, last beat ${ageText(secondsSince(beat_at, now))} ago`;
  const states = [one.committed && 'committed', one.undoing && 'undoing', one.cancel_requested && 'cancel_requested'];
  return [
    `age ${ageText(secondsSince(one.created_at, now))}`,
    ...states.filter((state) => state !== false),
    `step ${steps.join(', ') || '-'}`,
    worker === null ? `no worker${beat}` : `worker ${worker}${beat}`,
    ...(worker === null && look_at !== null ? [`looked at again ${look_at}`] : []),
    `server ${server_id ?? '-'}`,
    // The first line has the failure already; this is shown if something else keeps the operation from being undone.
    ...(trouble && trouble.code !== one.failure?.code ? [`trouble ${trouble.code}: ${trouble.reason}`] : []),
  ].join('  ');
}

const secondsSince = (at: string, now: number): number => Math.max(0, Math.round((now - Date.parse(at)) / 1_000));

/** `42 s`, `17 min`, `5 h`, `3 d` */
function ageText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

const stepFacts = ({ key, state, started_at, finished_at }: ShownStep) => ({
  name: key,
  state,
  started_at,
  finished_at,
});

const stepLine = ({ key, state, started_at, finished_at }: ShownStep): string =>
  `    ${key.padEnd(40)} ${state.padEnd(9)} ${started_at}  ${finished_at ?? ''}`.trimEnd();
