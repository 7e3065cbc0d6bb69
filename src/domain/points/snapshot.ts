import type { Consistency, PointStatus } from './backup.ts';
import type { RecordedDisk } from './disk.ts';

/**
 * A disk of a snapshot. A snap stays with its image whatever that is called: after a swap, a deletion by Cinder or a
 * rebuild by Nova it is found by `image_id`.
 */
export interface SnapshotDisk extends RecordedDisk {
  /** Ceph's own id of the image, which no rename changes. */
  image_id: string;
}

/** A row of the catalogue. Field names are those of the API, except `environment`. Times are ISO 8601 in UTC. */
export interface Snapshot {
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
  /** What the server's content went on from; null: it began here. */
  parent_id: string | null;
  /** A protected snapshot is not deleted, by nobody and by no schedule. */
  protected: boolean;
  /** Made by ourselves before a restore replaced the disks. */
  safety: boolean;
  /** It is deleted then; null: never by itself. */
  expires_at: string | null;
  memory: boolean;
  /** `memory`: all disks and the memory of one instant. */
  consistency: Consistency | 'memory' | null;
  paused_ms: number | null;
  data_timestamp: string | null;
  size_bytes: number | null;
  operation_id: string;
  disks: SnapshotDisk[];
  /** The server's surroundings, as the services told them; not shown. */
  environment: Record<string, unknown>;
  metadata: Record<string, string>;
  created_at: string;
  updated_at: string;
}

/** As lists have it: the environment may be long, and only a restore needs it. */
export type ListedSnapshot = Omit<Snapshot, 'environment'>;
