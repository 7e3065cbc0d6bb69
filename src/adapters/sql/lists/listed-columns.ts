import type { Fields, Listed } from '../../../domain/fields.ts';
import { BACKUP } from '../../../domain/points/backup.ts';
import type { Tables } from '../database/tables.ts';
import type { ListedTable } from './list-fields.ts';

/** What no list shows and may be long. */
const UNLISTED = {
  operations: ['input', 'recorded', 'left_told'],
  backups: [],
  restores: [],
  snapshots: ['environment'],
  policies: [],
  policy_runs: [],
  messages: [],
} as const satisfies { [T in ListedTable]: readonly (keyof Tables[T])[] };

type Unlisted = { [T in ListedTable]: (typeof UNLISTED)[T][number] };
export type ListedRow<T extends ListedTable> = Omit<Tables[T], Unlisted[T]>;

const names = <F extends Fields>(fields: F, which: (field: Fields[string]) => boolean) =>
  Object.keys(fields).filter((name) => which(fields[name] as Fields[string])) as (Listed<F> & string)[];

const listedOf = <F extends Fields>(fields: F) => names(fields, ({ unlisted }) => !unlisted);
const longOf = <F extends Fields>(fields: F) => names(fields, ({ long }) => long === true);

/** Texts that tenants or their servers make as long as they like: they decide how many rows a page may have. */
export const LONG_COLUMNS: { [T in ListedTable]: readonly (keyof ListedRow<T> & string)[] } = {
  operations: ['failure', 'trouble'],
  backups: longOf(BACKUP),
  restores: ['disks', 'volumes', 'differences'],
  snapshots: ['disks', 'metadata'],
  policies: ['servers', 'targets'],
  policy_runs: [],
  messages: [],
};

/** Every column of every table is named here, or under UNLISTED: the compiler finds those that are not. */
const COLUMNS: { [T in Exclude<ListedTable, 'backups'>]: Record<keyof ListedRow<T>, true> } = {
  operations: {
    id: true,
    workflow: true,
    project_id: true,
    user_id: true,
    request_id: true,
    global_request_id: true,
    resource_type: true,
    resource_id: true,
    status: true,
    committed: true,
    undoing: true,
    cancel_requested: true,
    progress: true,
    bytes_done: true,
    bytes_total: true,
    failure: true,
    trouble: true,
    fence: true,
    beat: true,
    worker: true,
    look_at: true,
    waits: true,
    created_at: true,
    updated_at: true,
    started_at: true,
    finished_at: true,
    deadline_at: true,
  },
  restores: {
    id: true,
    project_id: true,
    user_id: true,
    backup_id: true,
    snapshot_id: true,
    mode: true,
    name: true,
    server_id: true,
    disks: true,
    status: true,
    fail_code: true,
    fail_reason: true,
    volumes: true,
    differences: true,
    operation_id: true,
    created_at: true,
    updated_at: true,
  },
  snapshots: {
    id: true,
    project_id: true,
    user_id: true,
    server_id: true,
    server_name: true,
    name: true,
    description: true,
    status: true,
    fail_code: true,
    fail_reason: true,
    parent_id: true,
    protected: true,
    safety: true,
    expires_at: true,
    memory: true,
    consistency: true,
    paused_ms: true,
    data_timestamp: true,
    size_bytes: true,
    operation_id: true,
    disks: true,
    metadata: true,
    created_at: true,
    updated_at: true,
  },
  policies: {
    id: true,
    project_id: true,
    user_id: true,
    name: true,
    description: true,
    enabled: true,
    servers: true,
    schedule: true,
    consistency: true,
    targets: true,
    retention: true,
    rpo_minutes: true,
    acts_by: true,
    trust_id: true,
    credential_id: true,
    roles: true,
    next_run_at: true,
    last_run_at: true,
    retained_at: true,
    fail_code: true,
    fail_reason: true,
    created_at: true,
    updated_at: true,
  },
  policy_runs: {
    id: true,
    policy_id: true,
    project_id: true,
    server_id: true,
    server_name: true,
    target: true,
    planned_at: true,
    due_at: true,
    until_at: true,
    status: true,
    operation_id: true,
    backup_id: true,
    fail_code: true,
    fail_reason: true,
    places: true,
    created_at: true,
    updated_at: true,
  },
  messages: {
    id: true,
    project_id: true,
    request_id: true,
    message_level: true,
    event_id: true,
    resource_type: true,
    resource_uuid: true,
    user_message: true,
    created_at: true,
    guaranteed_until: true,
  },
};

export const LISTED_COLUMNS = {
  ...Object.fromEntries(Object.entries(COLUMNS).map(([table, columns]) => [table, Object.keys(columns)])),
  backups: listedOf(BACKUP),
} as Record<ListedTable, string[]>;
