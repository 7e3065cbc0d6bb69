import type { BackupDisk } from './disk.ts';

export type PointStatus = 'creating' | 'available' | 'deleting' | 'error';

/**
 * What was really reached. `per-disk`: every disk at one instant, but the disks of a running server some
 * milliseconds apart; `crash`: all disks at one instant; `filesystem`: frozen by the guest's agent.
 */
export type Consistency = 'per-disk' | 'crash' | 'filesystem';

/** What may be asked for; `best` takes what can be had. */
export type WantedConsistency = 'best' | 'crash' | 'filesystem';

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
  operation_id: string;
  disks: BackupDisk[];
  metadata: Record<string, string>;
  created_at: string;
  updated_at: string;
}
