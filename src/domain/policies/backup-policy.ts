import { boolean, code, type FieldsOf, integer, json, keystoneId, oneOf, text, texts, time, uuid } from '../fields.ts';
import { WANTED_CONSISTENCY } from '../points/backup.ts';

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
  /** The five fields of cron. */
  cron: string;
  /** IANA's name; days, hours and retention follow this zone. */
  time_zone: string;
  /** A run that has not begun this long after its time is missed; null: until the next run's time. */
  window_minutes: number | null;
  /** Servers begin at different moments within this time after the planned one. */
  jitter_minutes: number;
}

/** A point is kept while any of these rules keeps it. 0: the rule keeps none. */
export interface RetentionRule {
  keep_last: number;
  hourly: number;
  daily: number;
  weekly: number;
  monthly: number;
  yearly: number;
}

/** How a run proves that its user still has the rights: by Keystone's trust, or by the user's present roles. */
const ACTS_BY = ['trust', 'roles'] as const;

const shown = true;
const nullable = true;
const filter = 'callers';

/** A policy as the database has it and the API shows it. */
export const POLICY = {
  id: uuid({ shown, filter }),
  name: text({ nullable, shown, filter }),
  description: text({ nullable, shown }),
  project_id: keystoneId({ shown, filter }),
  user_id: keystoneId({ shown, filter, means: 'For whom it acts: who saved it last' }),
  enabled: boolean({ shown, filter }),
  servers: json<ServerSelector>()({ shown, long: true }),
  schedule: json<Schedule>()({ shown }),
  consistency: oneOf(WANTED_CONSISTENCY, { shown }),
  /** Names of targets; a backup is made on each. */
  targets: texts({ shown, long: true }),
  /** Null: everything is kept. */
  retention: json<RetentionRule | null>()({ shown }),
  /** A server whose newest good backup is older than this has missed its objective. */
  rpo_minutes: integer({ nullable, shown }),
  acts_by: oneOf(ACTS_BY, { shown, filter }),
  trust_id: text({ nullable }),
  /**
   * Id of the application credential with which it was saved; a run asks Keystone for it. Null: none, or saved by an
   * older release.
   */
  credential_id: text({ nullable }),
  /** Names of the roles with which it was saved: a run never has more. */
  roles: texts({}),
  /** Null: disabled, or the schedule has no further time. */
  next_run_at: time({ nullable, shown, filter }),
  /** The last planned time that was turned into runs. */
  last_run_at: time({ nullable, shown, filter }),
  /** When retention was last applied to the whole policy. */
  retained_at: time({ nullable, filter: 'internal' }),
  /** Null: it was not refused. */
  fail_code: code({ nullable, shown, filter, means: 'Why its last run was refused as a whole' }),
  fail_reason: text({ nullable, shown }),
  created_at: time({ shown, filter }),
  updated_at: time({ shown, filter }),
};

export type BackupPolicy = FieldsOf<typeof POLICY>;

const POLICY_RUN_STATUS = [
  /** its time has come, or comes within the jitter; not begun */
  'waiting',
  /** its operation is recorded */
  'submitted',
  'succeeded',
  'failed',
  /** not begun within its window */
  'missed',
  /** given up before its window was over, because waiting would not have helped */
  'refused',
] as const;

/** Clients before 1.1 do not know refused ones. */
const LATER_RUN_STATUS = { refused: { since: '1.1', before: 'missed' } } as const;

/** One server's run at one planned time on one target. There is never a second one. */
export const POLICY_RUN = {
  id: uuid({ shown, filter }),
  policy_id: uuid({ shown, filter }),
  project_id: keystoneId({ shown, filter }),
  server_id: uuid({ shown, filter }),
  server_name: text({ shown, filter }),
  target: text({ shown, filter }),
  status: oneOf(POLICY_RUN_STATUS, { shown, filter, later: LATER_RUN_STATUS }),
  planned_at: time({ shown, filter }),
  due_at: time({ shown, filter, means: 'With the jitter' }),
  until_at: time({ shown, filter, means: 'Missed when it has not begun by then' }),
  operation_id: uuid({ nullable, shown, filter }),
  backup_id: uuid({ nullable, shown, filter }),
  /** Why it waits, failed, was missed or refused. */
  fail_code: code({ nullable, shown, filter }),
  fail_reason: text({ nullable, shown }),
  /** What it occupies while its operation is open: `host:…`, `pool:…`. Hosts and pools are for operators only. */
  places: texts({}),
  created_at: time({ shown, filter }),
  updated_at: time({ shown, filter }),
};

export type PolicyRun = FieldsOf<typeof POLICY_RUN>;
