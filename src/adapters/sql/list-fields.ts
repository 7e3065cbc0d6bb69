import type { Tables } from './tables.ts';

/** How the text of a filter's value is read. */
export type FieldKind = 'text' | 'number' | 'boolean' | 'time';

export type ListedTable = 'operations' | 'backups' | 'restores';

/** The only columns that a request may name in a filter or a sort. */
export const LIST_FIELDS: { [T in ListedTable]: Partial<Record<keyof Tables[T], FieldKind>> } = {
  operations: {
    id: 'text',
    project_id: 'text',
    user_id: 'text',
    workflow: 'text',
    resource_type: 'text',
    resource_id: 'text',
    request_id: 'text',
    global_request_id: 'text',
    status: 'text',
    cancel_requested: 'boolean',
    created_at: 'time',
    updated_at: 'time',
    started_at: 'time',
    finished_at: 'time',
  },
  backups: {
    id: 'text',
    project_id: 'text',
    user_id: 'text',
    server_id: 'text',
    server_name: 'text',
    name: 'text',
    status: 'text',
    incremental: 'boolean',
    base_backup_id: 'text',
    consistency: 'text',
    target: 'text',
    operation_id: 'text',
    size_bytes: 'number',
    changed_bytes: 'number',
    stored_bytes: 'number',
    data_timestamp: 'time',
    created_at: 'time',
    updated_at: 'time',
  },
  restores: {
    id: 'text',
    project_id: 'text',
    user_id: 'text',
    backup_id: 'text',
    mode: 'text',
    name: 'text',
    server_id: 'text',
    status: 'text',
    operation_id: 'text',
    created_at: 'time',
    updated_at: 'time',
  },
};
