/** How a field's values are read; a list of words is an enumeration. */
export type FieldType = 'text' | 'uuid' | 'number' | 'boolean' | 'time' | readonly string[];

/** What a collection can be filtered and sorted by. */
export interface ListSpec {
  fields: Readonly<Record<string, FieldType>>;
}

export const OPERATORS = ['in', 'nin', 'neq', 'gt', 'gte', 'lt', 'lte', 'ge', 'le', 'eq'] as const;

export const BACKUPS: ListSpec = {
  fields: {
    id: 'uuid',
    name: 'text',
    status: ['creating', 'available', 'deleting', 'error'],
    server_id: 'uuid',
    server_name: 'text',
    project_id: 'text',
    user_id: 'text',
    incremental: 'boolean',
    base_backup_id: 'uuid',
    consistency: ['per-disk', 'crash', 'filesystem'],
    target: 'text',
    operation_id: 'uuid',
    size_bytes: 'number',
    changed_bytes: 'number',
    stored_bytes: 'number',
    data_timestamp: 'time',
    created_at: 'time',
    updated_at: 'time',
  },
};

export const RESTORES: ListSpec = {
  fields: {
    id: 'uuid',
    name: 'text',
    status: ['restoring', 'available', 'error'],
    backup_id: 'uuid',
    mode: ['in_place', 'volumes'],
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
    resource_type: ['backup', 'restore'],
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
