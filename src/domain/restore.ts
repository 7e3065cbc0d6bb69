export type RestoreMode = 'in_place' | 'volumes';
export type RestoreStatus = 'restoring' | 'available' | 'error';

/** `disk_id`: the disk of the backup; `volume_id`: the volume that holds it now (null: root disk on an image). */
export interface RestoredDisk {
  disk_id: string;
  volume_id: string | null;
}

export interface Restore {
  id: string;
  project_id: string;
  user_id: string;
  backup_id: string;
  mode: RestoreMode;
  name: string | null;
  /** The server whose disks are replaced, or which the volumes are attached to; null when neither. */
  server_id: string | null;
  /** The chosen disks, ids of the backup's disks. */
  disks: string[];
  status: RestoreStatus;
  fail_code: string | null;
  fail_reason: string | null;
  volumes: RestoredDisk[];
  operation_id: string;
  created_at: string;
  updated_at: string;
}
