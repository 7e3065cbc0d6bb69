import type { Kysely } from 'kysely';
import type { OPERATION } from '../../../domain/operations/operation.ts';
import type { BACKUP } from '../../../domain/points/backup.ts';
import type { RESTORE } from '../../../domain/points/restore.ts';
import type { SNAPSHOT } from '../../../domain/points/snapshot.ts';
import type {
  MessageRow,
  OldTrustRow,
  PolicyRow,
  PolicyRunRow,
  QuotaRow,
  QuotaTurnRow,
  TurnRow,
} from '../policies/policy-tables.ts';
import type { Bit } from './columns.ts';
import type { RowOf } from './row-codec.ts';

export type Database = Kysely<Tables>;

/**
 * The tables as Kysely sees them. Both databases get the same forms: times as ISO 8601 text in UTC, booleans as 0/1,
 * JSON as text, byte counts as integers that a JavaScript number holds exactly.
 */
export interface Tables {
  operations: OperationRow;
  journal: JournalRow;
  holds: HoldRow;
  hold_turns: HoldTurnRow;
  backups: BackupRow;
  restores: RestoreRow;
  snapshots: SnapshotRow;
  server_positions: ServerPositionRow;
  host_requests: HostRequestRow;
  recorded_servers: RecordedServerRow;
  manifest_copies: ManifestCopyRow;
  condemned_runs: CondemnedRunRow;
  target_reports: TargetReportRow;
  verify_shares: VerifyShareRow;
  policies: PolicyRow;
  policy_runs: PolicyRunRow;
  old_trusts: OldTrustRow;
  turns: TurnRow;
  messages: MessageRow;
  quotas: QuotaRow;
  quota_turns: QuotaTurnRow;
  served_disks: ServedDiskRow;
  workers: WorkerRow;
  erased_keys: { key_id: string; project_id: string; erased_at: string };
  debts: DebtRow;
  installation: { one: number; id: string };
  own_ids: { id: string };
  inventory_seen: { place: string; since: string };
}

/** Includes what only the engine needs. */
export interface OperationRow extends RowOf<typeof OPERATION> {
  /** JSON: why it makes no progress at the moment; `failure` is why it failed, or why it is being undone. */
  trouble: string | null;
  /** Rises with every claim; a write under an older number changes nothing. */
  fence: number;
  /** Rises with every sign of life of the worker that holds the fence. */
  beat: number;
  /** Null: no worker runs it. */
  worker: string | null;
  /** It was released because an outside service is not ready; nobody needs to look before this instant. */
  look_at: string | null;
  /** Number of such releases in a row, without a step done. */
  waits: number;
  /** True: what it leaves outside of Ceph was recorded before it ended. */
  left_told: Bit;
  /** JSON: what `forget` has to revert. */
  recorded: string;
}

export interface JournalRow {
  operation_id: string;
  seq: number;
  key: string;
  state: string;
  input: string;
  output: string;
  /** Null in entries that are older than the column. */
  mark: string | null;
  /** JSON; null: nothing was noted. */
  noted: string | null;
  started_at: string;
  finished_at: string | null;
}

/** A thing that an open operation holds; the row means nothing any more when the operation has ended. */
interface HoldRow {
  thing: string;
  operation_id: string;
  exclusive: Bit;
}

/**
 * A transaction that looks up the holder of a thing, and takes it, has its row until it ends; outside of transactions
 * there are none.
 */
interface HoldTurnRow {
  thing: string;
  taken: number;
}

export type BackupRow = RowOf<typeof BACKUP>;

export type RestoreRow = RowOf<typeof RESTORE>;
export type SnapshotRow = RowOf<typeof SNAPSHOT>;

/** The snapshot from which a server's content last went on. */
interface ServerPositionRow {
  server_id: string;
  project_id: string;
  snapshot_id: string;
}

/** For a recovery point: the server as it was, so that the API can plan without reading a target. */
interface RecordedServerRow {
  point_id: string;
  project_id: string;
  /** JSON */
  record: string;
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
  expires_at: string | null;
  seal: string | null;
  answer_seal: string | null;
  created_at: string;
  updated_at: string;
}

/** A run that no manifest named at the last look. */
interface CondemnedRunRow {
  target: string;
  object: string;
  server_id: string;
  since: string;
}

interface WorkerRow {
  worker: string;
  host: string;
  release_name: string;
  concurrency: number;
  running: number;
  started_at: string;
  seen_at: string;
}

interface TargetReportRow {
  target: string;
  host: string;
  available: Bit;
  fail_code: string | null;
  total_bytes: number | null;
  free_bytes: number | null;
  reported_at: string;
}

export interface VerifyShareRow {
  target: string;
  shares: number;
  share: number;
  day: number;
  done: Bit;
  after_object: string;
  objects: number;
  bytes: number;
  bad: number;
  worker: string;
  updated_at: string;
}

interface ManifestCopyRow {
  backup_id: string;
  sealed: string;
}

export interface DebtRow {
  kind: string;
  subject: string;
  /** JSON */
  details: string;
  project_id: string | null;
  operation_id: string | null;
  code: string;
  reason: string;
  since: string;
  tries: number;
  tried_at: string | null;
  next_try_at: string;
}

interface ServedDiskRow {
  token_sha256: string;
  operation_id: string;
  disk_id: string;
  target: string;
  /** JSON: the runs of the chain, newest first. */
  runs: string;
  size_bytes: number;
  virtual_bytes: number;
}
