import type { Field, Fields, Kind, LaterWords } from '../../../domain/fields.ts';
import { BACKUP } from '../../../domain/points/backup.ts';
import { RESTORE_MODES } from '../../../domain/points/restore.ts';
import { RUN_WORDS, STATUS_WORDS } from '../version-words.ts';

/** How a field's values are read; a list of words is an enumeration, a `code` one of an error. */
export type FieldType = 'text' | 'code' | 'uuid' | 'number' | 'boolean' | 'time' | readonly string[];

/** What a collection can be filtered and sorted by. */
export interface ListSpec {
  fields: Readonly<Record<string, FieldType>>;
  /** Words of enumerations that not every version of the API knows. */
  later?: Readonly<Record<string, LaterWords>>;
  /** Fields that not every version of the API has. */
  since?: Readonly<Record<string, string>>;
}

export const OPERATORS = ['in', 'nin', 'neq', 'gt', 'gte', 'lt', 'lte', 'ge', 'le', 'eq'] as const;

/** What callers may ask by of what is declared. */
export function listSpecOf(fields: Fields): ListSpec {
  const asked = Object.entries(fields).filter(([, field]) => field.filter === 'callers');
  return {
    fields: Object.fromEntries(asked.map(([name, field]) => [name, typeOf(field)])),
    later: Object.fromEntries(asked.flatMap(([name, { later }]) => (later ? [[name, later]] : []))),
    since: Object.fromEntries(asked.flatMap(([name, { since }]) => (since ? [[name, since]] : []))),
  };
}

const TYPES: Partial<Record<Kind, FieldType>> = {
  uuid: 'uuid',
  code: 'code',
  integer: 'number',
  boolean: 'boolean',
  time: 'time',
};

const typeOf = ({ kind, words }: Field): FieldType => words ?? TYPES[kind] ?? 'text';

export const BACKUPS = listSpecOf(BACKUP);

export const SNAPSHOTS: ListSpec = {
  later: { status: STATUS_WORDS },
  fields: {
    id: 'uuid',
    name: 'text',
    status: ['creating', 'available', 'deleting', 'error', 'cancelled'],
    server_id: 'uuid',
    server_name: 'text',
    parent_id: 'uuid',
    protected: 'boolean',
    safety: 'boolean',
    memory: 'boolean',
    consistency: ['per-disk', 'crash', 'filesystem', 'memory'],
    project_id: 'text',
    user_id: 'text',
    operation_id: 'uuid',
    size_bytes: 'number',
    expires_at: 'time',
    data_timestamp: 'time',
    created_at: 'time',
    updated_at: 'time',
  },
};

export const RESTORES: ListSpec = {
  later: { status: STATUS_WORDS },
  fields: {
    id: 'uuid',
    name: 'text',
    status: ['restoring', 'available', 'error', 'cancelled'],
    backup_id: 'uuid',
    snapshot_id: 'uuid',
    mode: RESTORE_MODES,
    server_id: 'uuid',
    project_id: 'text',
    user_id: 'text',
    operation_id: 'uuid',
    created_at: 'time',
    updated_at: 'time',
  },
};

export const OPERATIONS: ListSpec = {
  fields: {
    id: 'uuid',
    status: ['queued', 'running', 'succeeded', 'failed', 'cancelled'],
    resource_type: ['backup', 'snapshot', 'restore', 'server'],
    resource_id: 'uuid',
    project_id: 'text',
    user_id: 'text',
    request_id: 'text',
    global_request_id: 'text',
    created_at: 'time',
    updated_at: 'time',
    started_at: 'time',
    finished_at: 'time',
  },
};

export const POLICIES: ListSpec = {
  fields: {
    id: 'uuid',
    name: 'text',
    enabled: 'boolean',
    acts_by: ['trust', 'roles'],
    fail_code: 'code',
    project_id: 'text',
    user_id: 'text',
    next_run_at: 'time',
    last_run_at: 'time',
    created_at: 'time',
    updated_at: 'time',
  },
};

export const POLICY_RUNS: ListSpec = {
  later: { status: RUN_WORDS },
  fields: {
    id: 'uuid',
    policy_id: 'uuid',
    server_id: 'uuid',
    server_name: 'text',
    target: 'text',
    status: ['waiting', 'submitted', 'succeeded', 'failed', 'missed', 'refused'],
    operation_id: 'uuid',
    backup_id: 'uuid',
    fail_code: 'code',
    project_id: 'text',
    planned_at: 'time',
    due_at: 'time',
    until_at: 'time',
    created_at: 'time',
    updated_at: 'time',
  },
};

export const MESSAGES: ListSpec = {
  fields: {
    id: 'uuid',
    project_id: 'text',
    request_id: 'text',
    message_level: ['ERROR', 'WARNING'],
    event_id: 'code',
    resource_type: ['policy', 'backup', 'snapshot', 'restore', 'server'],
    resource_uuid: 'uuid',
    created_at: 'time',
    guaranteed_until: 'time',
  },
};
