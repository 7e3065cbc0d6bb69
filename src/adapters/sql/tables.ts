import type { Kysely } from 'kysely';

export type Database = Kysely<Tables>;

/**
 * The tables as Kysely sees them. Both databases get the same forms: times as ISO 8601 text in UTC, booleans as
 * 0/1, JSON as text, byte counts as integers that a JavaScript number holds exactly.
 */
export interface Tables {
  operations: OperationRow;
  journal: JournalRow;
  server_holds: ServerHoldRow;
  backups: BackupRow;
  restores: RestoreRow;
  host_requests: HostRequestRow;
}

export type Bit = 0 | 1;

export interface OperationRow {
  id: string;
  workflow: string;
  project_id: string;
  user_id: string;
  request_id: string;
  global_request_id: string | null;
  resource_type: string;
  resource_id: string;
  input: string;
  status: string;
  committed: Bit;
  undoing: Bit;
  cancel_requested: Bit;
  progress: number;
  bytes_done: number;
  bytes_total: number;
  /** JSON: why it failed, or why it is being undone. */
  failure: string | null;
  /** JSON: why it is not getting on at the moment. */
  trouble: string | null;
  /** Rises with every claim; a write under an older number changes nothing. */
  fence: number;
  /** Rises with every sign of life of the worker that holds the fence. */
  beat: number;
  /** Null: nobody runs it. */
  worker: string | null;
  /** JSON: what `forget` has to take back. */
  recorded: string;
  created_at: string;
  updated_at: string;
  started_at: string | null;
  finished_at: string | null;
  deadline_at: string;
}

export interface JournalRow {
  operation_id: string;
  seq: number;
  key: string;
  state: string;
  input: string;
  output: string;
  started_at: string;
  finished_at: string | null;
}

/** A server that an open operation keeps for itself. The primary key is what makes it exclusive. */
export interface ServerHoldRow {
  server_id: string;
  operation_id: string;
}

export interface BackupRow {
  id: string;
  project_id: string;
  user_id: string;
  server_id: string;
  server_name: string;
  name: string | null;
  description: string | null;
  status: string;
  fail_code: string | null;
  fail_reason: string | null;
  incremental: Bit;
  base_backup_id: string | null;
  consistency: string | null;
  paused_ms: number | null;
  data_timestamp: string | null;
  size_bytes: number | null;
  changed_bytes: number | null;
  stored_bytes: number | null;
  target: string;
  operation_id: string;
  disks: string;
  metadata: string;
  created_at: string;
  updated_at: string;
}

export interface RestoreRow {
  id: string;
  project_id: string;
  user_id: string;
  backup_id: string;
  mode: string;
  name: string | null;
  server_id: string | null;
  disks: string;
  status: string;
  fail_code: string | null;
  fail_reason: string | null;
  volumes: string;
  operation_id: string;
  created_at: string;
  updated_at: string;
}

export interface HostRequestRow {
  id: string;
  operation_id: string;
  fence: number;
  host: string;
  /** JSON */
  request: string;
  status: string;
  /** JSON */
  result: string | null;
  /** JSON */
  failure: string | null;
  created_at: string;
  updated_at: string;
}
