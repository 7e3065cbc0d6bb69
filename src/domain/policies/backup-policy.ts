import type { WantedConsistency } from '../points/backup.ts';

/** Which servers a policy covers: those of `all`, `ids`, or with all of `tags` and `metadata`; never those of `except_ids`. */
export interface ServerSelector {
  /** Every server of the project, also those made later. */
  all: boolean;
  ids: string[];
  /** Nova's tags; a server must carry all of them. */
  tags: string[];
  /** Nova's metadata; a server must carry all of them. */
  metadata: Record<string, string>;
  except_ids: string[];
}

export interface Schedule {
  /** Five fields. */
  cron: string;
  /** IANA's name; days, hours and retention are those of this place. */
  time_zone: string;
  /** A run that has not begun so long after its time is missed; null: until the next one's time. */
  window_minutes: number | null;
  /** Servers begin spread over so long after the time. */
  jitter_minutes: number;
}

/** A point is kept while any of these keeps it. 0: keeps none. */
export interface RetentionRule {
  keep_last: number;
  hourly: number;
  daily: number;
  weekly: number;
  monthly: number;
  yearly: number;
}

/** How a run proves that its user still may: by Keystone's trust, or by a look at the user's roles. */
type ActsBy = 'trust' | 'roles';

/** A row of `policies`. Field names are those of the API, except `trust_id`, `credential_id` and `roles`. Times are ISO 8601 in UTC. */
export interface BackupPolicy {
  id: string;
  project_id: string;
  /** On whose behalf it acts: who saved it last. */
  user_id: string;
  name: string | null;
  description: string | null;
  enabled: boolean;
  servers: ServerSelector;
  schedule: Schedule;
  consistency: WantedConsistency;
  /** Names; a backup is made on each. */
  targets: string[];
  /** Null: everything is kept. */
  retention: RetentionRule | null;
  /** A server whose newest good backup is older than this has missed its objective. */
  rpo_minutes: number | null;
  acts_by: ActsBy;
  trust_id: string | null;
  /** Of the application credential it was saved with; a run asks Keystone for it. Null: none, or saved by an older release. */
  credential_id: string | null;
  /** Names of the roles it was saved with: a run never has more. */
  roles: string[];
  /** Null: disabled, or the schedule has no further time. */
  next_run_at: string | null;
  /** The last planned time that was turned into runs. */
  last_run_at: string | null;
  /** When retention was last applied to all of it. */
  retained_at: string | null;
  /** Why its last run was refused as a whole; null: it was not. */
  fail_code: string | null;
  fail_reason: string | null;
  created_at: string;
  updated_at: string;
}

type PolicyRunStatus =
  /** its time has come, or comes within the jitter; not begun */
  | 'waiting'
  /** its operation is recorded */
  | 'submitted'
  | 'succeeded'
  | 'failed'
  /** not begun within its window */
  | 'missed'
  /** given up before its window was over: waiting would not have helped */
  | 'refused';

/** One server's turn at one planned time on one target. There is never a second one. */
export interface PolicyRun {
  id: string;
  policy_id: string;
  project_id: string;
  server_id: string;
  server_name: string;
  target: string;
  planned_at: string;
  /** With the jitter. */
  due_at: string;
  /** Not begun after this. */
  until_at: string;
  status: PolicyRunStatus;
  operation_id: string | null;
  backup_id: string | null;
  /** Why it waits, failed, was missed or refused. */
  fail_code: string | null;
  fail_reason: string | null;
  /** What it keeps busy while its operation is open: `host:…`, `pool:…`. */
  places: string[];
  created_at: string;
  updated_at: string;
}
