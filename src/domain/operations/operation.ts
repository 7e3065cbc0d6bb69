import type { Fault } from '../errors.ts';
import { boolean, type FieldsOf, integer, json, keystoneId, oneOf, text, time, uuid } from '../fields.ts';

export const OPERATION_STATUS = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;

const RESOURCE_TYPES = ['backup', 'snapshot', 'restore', 'server'] as const;
export type ResourceType = (typeof RESOURCE_TYPES)[number];

/**
 * Names of the recipes; the number is the recipe's version, so that an open operation is finished by its own version.
 */
const WORKFLOW_NAMES = [
  'create-backup/1',
  'delete-backup/1',
  'verify-backup/1',
  'import-backup/1',
  'repair-backup/1',
  'copy-backup/1',
  'compact-backup/1',
  'sweep-runs/1',
  'restore-volumes/1',
  'restore-in-place/1',
  'restore-new-server/1',
  'create-snapshot/1',
  'delete-snapshot/1',
  'revert-snapshot/1',
] as const;
export type WorkflowName = (typeof WORKFLOW_NAMES)[number];

export interface OperationFailure {
  code: string;
  reason: string;
  fault: Fault;
  hint: string | null;
}

const shown = true;
const nullable = true;
const filter = 'callers';

/** An operation as it is recorded and the API shows it. */
export const OPERATION = {
  id: uuid({ shown, filter }),
  workflow: oneOf(WORKFLOW_NAMES, { filter: 'internal' }),
  status: oneOf(OPERATION_STATUS, { shown, filter }),
  progress: integer({ shown, min: 0, max: 100 }),
  bytes_done: integer({ shown }),
  bytes_total: integer({ shown }),
  resource_type: oneOf(RESOURCE_TYPES, { shown, filter }),
  resource_id: uuid({ shown, filter }),
  project_id: keystoneId({ shown, filter }),
  user_id: keystoneId({ shown, filter }),
  request_id: text({ shown, filter }),
  global_request_id: text({ nullable, shown, filter }),
  /** Contains no secrets; it may be long, and only the recipe needs it. */
  input: json<unknown>()({ unlisted: true }),
  committed: boolean({ shown, means: 'Past the point of no return: it can only be finished' }),
  /** True: the operation failed or was cancelled, and is being undone. */
  undoing: boolean({ shown }),
  cancel_requested: boolean({ shown, filter: 'internal' }),
  failure: json<OperationFailure>()({ nullable, long: true }),
  created_at: time({ shown, filter }),
  updated_at: time({ shown, filter }),
  started_at: time({ nullable, shown, filter }),
  finished_at: time({ nullable, shown, filter }),
  /** Before the point of no return, no step is begun after this instant. */
  deadline_at: time({ shown }),
};

export type Operation = FieldsOf<typeof OPERATION>;

export const STEP_STATES = ['intended', 'done', 'undone'] as const;
type StepState = (typeof STEP_STATES)[number];

/** An entry of the journal. `key` is the step's name, with the item in brackets: `fill-draft[<disk>]`. */
export interface JournalEntry {
  operation_id: string;
  seq: number;
  key: string;
  state: StepState;
  /** JSON: what undo needs to know, written before the act. */
  input: unknown;
  output: unknown;
  /** Drawn with the intent; whatever the step makes carries it. Null: written by a release that drew none. */
  mark: string | null;
  /** JSON: what the step last recorded before it requested something; undefined: nothing. */
  noted?: unknown;
  started_at: string;
  finished_at: string | null;
}

/** The form that lists have. */
export type ListedOperation = Omit<Operation, 'input'>;

/** A step as people see it. */
export type ShownStep = Pick<JournalEntry, 'seq' | 'key' | 'state' | 'started_at' | 'finished_at'>;
