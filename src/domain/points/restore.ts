import type { Difference } from './new-server-plan.ts';

export const RESTORE_MODES = ['in_place', 'volumes', 'new_server'] as const;
export type RestoreMode = (typeof RESTORE_MODES)[number];
type RestoreStatus = 'restoring' | 'available' | 'error' | 'cancelled';

/** `disk_id`: the disk of the backup; `volume_id`: the volume that holds it now (null: root disk on an image). */
interface RestoredDisk {
  disk_id: string;
  volume_id: string | null;
}

export interface Restore {
  id: string;
  project_id: string;
  user_id: string;
  /** What is restored: one of the two. */
  backup_id: string | null;
  snapshot_id: string | null;
  mode: RestoreMode;
  name: string | null;
  /** The server whose disks are replaced, which gets the volumes, or which was made; null when none, or not yet. */
  server_id: string | null;
  /** The chosen disks, ids of the backup's disks. */
  disks: string[];
  status: RestoreStatus;
  fail_code: string | null;
  fail_reason: string | null;
  volumes: RestoredDisk[];
  /** Of a new server: what could not be as it was. */
  differences: Difference[];
  operation_id: string;
  created_at: string;
  updated_at: string;
}
