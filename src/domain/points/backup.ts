import type { BackupDisk } from './disk.ts';

export type PointStatus = 'creating' | 'available' | 'deleting' | 'error' | 'cancelled';

/**
 * What was really reached. `per-disk`: every disk at one instant, but the disks of a running server some
 * milliseconds apart; `crash`: all disks at one instant; `filesystem`: frozen by the guest's agent.
 */
export type Consistency = 'per-disk' | 'crash' | 'filesystem';

/** What may be asked for; `best` takes what can be had. */
export type WantedConsistency = 'best' | 'crash' | 'filesystem';

/** Why a backup that was complete is none now: reading it back found it so. It may be verified again. */
const FOUND_BAD = ['damaged', 'missing', 'rolled-back', 'key-erased', 'key-missing', 'differs-from-source'];

/** Whether an error of this code says that a backup is bad, and not that something else is. */
export const saysBad = (code: string | null): boolean => FOUND_BAD.some((one) => code === `vm-backup.archive.${one}`);

/** A row of the catalogue. Field names are those of the API. Times are ISO 8601 in UTC. */
export interface Backup {
  id: string;
  project_id: string;
  user_id: string;
  server_id: string;
  server_name: string;
  name: string | null;
  description: string | null;
  status: PointStatus;
  fail_code: string | null;
  fail_reason: string | null;
  incremental: boolean;
  base_backup_id: string | null;
  consistency: Consistency | null;
  paused_ms: number | null;
  data_timestamp: string | null;
  size_bytes: number | null;
  changed_bytes: number | null;
  stored_bytes: number | null;
  target: string;
  /** The backup that it was copied from, which may be gone; null: it was made from the server. */
  copy_of: string | null;
  operation_id: string;
  disks: BackupDisk[];
  metadata: Record<string, string>;
  /** The policy that made it, and the time it made it for; null: somebody did. */
  policy_id: string | null;
  planned_at: string | null;
  /** A protected backup is not deleted, by nobody and by no policy. */
  protected: boolean;
  created_at: string;
  updated_at: string;
}
