import { RESTORE_MODES } from '../../../domain/points/restore.ts';
import { type LaterWords, RUN_WORDS, STATUS_WORDS } from '../version-words.ts';

/** How a field's values are read; a list of words is an enumeration, a `code` one of an error. */
export type FieldType = 'text' | 'code' | 'uuid' | 'number' | 'boolean' | 'time' | readonly string[];

/** What a collection can be filtered and sorted by. */
export interface ListSpec {
  fields: Readonly<Record<string, FieldType>>;
  /** Words of enumerations that not every version of the API knows. */
  later?: Readonly<Record<string, LaterWords>>;
}

export const OPERATORS = ['in', 'nin', 'neq', 'gt', 'gte', 'lt', 'lte', 'ge', 'le', 'eq'] as const;

export const BACKUPS: ListSpec = {
  later: { status: STATUS_WORDS },
  fields: {
    id: 'uuid',
    name: 'text',
    status: ['creating', 'available', 'deleting', 'error', 'cancelled'],
    server_id: 'uuid',
    server_name: 'text',
    project_id: 'text',
    user_id: 'text',
    incremental: 'boolean',
    base_backup_id: 'uuid',
    consistency: ['per-disk', 'crash', 'filesystem'],
    target: 'text',
    copy_of: 'uuid',
    policy_id: 'uuid',
    planned_at: 'time',
    protected: 'boolean',
    operation_id: 'uuid',
    size_bytes: 'number',
    changed_bytes: 'number',
    stored_bytes: 'number',
    data_timestamp: 'time',
    created_at: 'time',
    updated_at: 'time',
  },
};

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
