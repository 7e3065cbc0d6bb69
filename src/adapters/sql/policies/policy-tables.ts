/** Rows of what policies, quotas and messages need; forms as in tables.ts. */

export interface PolicyRow {
  id: string;
  project_id: string;
  user_id: string;
  name: string | null;
  description: string | null;
  enabled: 0 | 1;
  /** JSON */
  servers: string;
  /** JSON */
  schedule: string;
  consistency: string;
  /** JSON */
  targets: string;
  /** JSON */
  retention: string;
  rpo_minutes: number | null;
  acts_by: string;
  trust_id: string | null;
  credential_id: string | null;
  /** JSON */
  roles: string;
  next_run_at: string | null;
  last_run_at: string | null;
  retained_at: string | null;
  fail_code: string | null;
  fail_reason: string | null;
  created_at: string;
  updated_at: string;
}

export interface PolicyRunRow {
  id: string;
  policy_id: string;
  project_id: string;
  server_id: string;
  server_name: string;
  target: string;
  planned_at: string;
  due_at: string;
  until_at: string;
  status: string;
  operation_id: string | null;
  backup_id: string | null;
  fail_code: string | null;
  fail_reason: string | null;
  /** JSON */
  places: string;
  created_at: string;
  updated_at: string;
}

export interface OldTrustRow {
  trust_id: string;
  created_at: string;
}

export interface TurnRow {
  name: string;
  holder: string;
  /** Rises with every sign of life of the holder. */
  beat: number;
  /** JSON: what the holder wants others to know. */
  report: string;
}

export interface MessageRow {
  id: string;
  project_id: string;
  request_id: string | null;
  message_level: string;
  event_id: string;
  resource_type: string;
  resource_uuid: string;
  user_message: string;
  created_at: string;
  guaranteed_until: string;
}

export interface QuotaRow {
  project_id: string;
  resource: string;
  /** -1: no limit. */
  most: number;
}

export interface QuotaTurnRow {
  project_id: string;
  taken: number;
}
