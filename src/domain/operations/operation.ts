import type { Fault } from '../errors.ts';

type OperationStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
export type ResourceType = 'backup' | 'restore' | 'snapshot' | 'server';

/** Names of the recipes; the number is the recipe's version, so that an open operation is finished by its own. */
export type WorkflowName =
  | 'create-backup/1'
  | 'delete-backup/1'
  | 'verify-backup/1'
  | 'import-backup/1'
  | 'repair-backup/1'
  | 'copy-backup/1'
  | 'compact-backup/1'
  | 'sweep-runs/1'
  | 'restore-volumes/1'
  | 'restore-in-place/1'
  | 'restore-new-server/1'
  | 'create-snapshot/1'
  | 'delete-snapshot/1'
  | 'revert-snapshot/1';

export interface OperationFailure {
  code: string;
  reason: string;
  fault: Fault;
  hint: string | null;
}

export interface Operation {
  id: string;
  workflow: WorkflowName;
  project_id: string;
  user_id: string;
  request_id: string;
  global_request_id: string | null;
  resource_type: ResourceType;
  resource_id: string;
  /** JSON; no secrets in it. */
  input: unknown;
  status: OperationStatus;
  /** The point of no return lies behind: only forward. */
  committed: boolean;
  /** A failed or cancelled operation is putting things back. */
  undoing: boolean;
  cancel_requested: boolean;
  /** 0–100 */
  progress: number;
  bytes_done: number;
  bytes_total: number;
  failure: OperationFailure | null;
  created_at: string;
  updated_at: string;
  started_at: string | null;
  finished_at: string | null;
  /** Before the point of no return, no step is begun after this instant. */
  deadline_at: string;
}

type StepState = 'intended' | 'done' | 'undone';

/** A line of the journal. `key` is the step's name, with the item in brackets: `fill-draft[<disk>]`. */
export interface JournalEntry {
  operation_id: string;
  seq: number;
  key: string;
  state: StepState;
  /** JSON: what undo needs to know, written before the act. */
  input: unknown;
  output: unknown;
  /** Drawn with the intent; what the step makes carries it. Null: written by a release that drew none. */
  mark: string | null;
  /** JSON: what the step wrote down last before it asked for something; undefined: nothing. */
  noted?: unknown;
  started_at: string;
  finished_at: string | null;
}

/** As lists have it: an input may be long, and only the recipe needs it. */
export type ListedOperation = Omit<Operation, 'input'>;

/** A step as people see it. */
export type ShownStep = Pick<JournalEntry, 'seq' | 'key' | 'state' | 'started_at' | 'finished_at'>;
