import type { Fields, Kind } from '../../../domain/fields.ts';
import { BACKUP } from '../../../domain/points/backup.ts';
import type { Tables } from '../database/tables.ts';

/** How the text of a filter's value is read. */
export type FieldKind = 'text' | 'number' | 'boolean' | 'time';

export type ListedTable = 'operations' | 'backups' | 'restores' | 'snapshots' | 'policies' | 'policy_runs' | 'messages';

const KINDS: Partial<Record<Kind, FieldKind>> = { integer: 'number', boolean: 'boolean', time: 'time' };

const filtersOf = <F extends Fields>(fields: F): Partial<Record<keyof F, FieldKind>> =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, field]) => field.filter !== undefined)
      .map(([name, field]) => [name, KINDS[field.kind] ?? 'text']),
  ) as Partial<Record<keyof F, FieldKind>>;

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
  backups: filtersOf(BACKUP),
  snapshots: {
    id: 'text',
    project_id: 'text',
    user_id: 'text',
    server_id: 'text',
    server_name: 'text',
    name: 'text',
    status: 'text',
    parent_id: 'text',
    protected: 'boolean',
    safety: 'boolean',
    memory: 'boolean',
    consistency: 'text',
    operation_id: 'text',
    size_bytes: 'number',
    expires_at: 'time',
    data_timestamp: 'time',
    created_at: 'time',
    updated_at: 'time',
  },
  restores: {
    id: 'text',
    project_id: 'text',
    user_id: 'text',
    backup_id: 'text',
    snapshot_id: 'text',
    mode: 'text',
    name: 'text',
    server_id: 'text',
    status: 'text',
    operation_id: 'text',
    created_at: 'time',
    updated_at: 'time',
  },
  policies: {
    id: 'text',
    project_id: 'text',
    user_id: 'text',
    name: 'text',
    enabled: 'boolean',
    acts_by: 'text',
    fail_code: 'text',
    next_run_at: 'time',
    last_run_at: 'time',
    retained_at: 'time',
    created_at: 'time',
    updated_at: 'time',
  },
  policy_runs: {
    id: 'text',
    project_id: 'text',
    policy_id: 'text',
    server_id: 'text',
    server_name: 'text',
    target: 'text',
    status: 'text',
    operation_id: 'text',
    backup_id: 'text',
    fail_code: 'text',
    planned_at: 'time',
    due_at: 'time',
    until_at: 'time',
    created_at: 'time',
    updated_at: 'time',
  },
  messages: {
    id: 'text',
    project_id: 'text',
    request_id: 'text',
    message_level: 'text',
    event_id: 'text',
    resource_type: 'text',
    resource_uuid: 'text',
    created_at: 'time',
    guaranteed_until: 'time',
  },
};
