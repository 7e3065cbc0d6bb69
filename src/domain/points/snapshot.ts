import {
  begun,
  boolean,
  code,
  type FieldsOf,
  type Given,
  integer,
  json,
  keystoneId,
  listOf,
  oneOf,
  strings,
  text,
  time,
  uuid,
} from '../fields.ts';
import { CONSISTENCY, LATER_STATUS, POINT_STATUS } from './backup.ts';
import { RECORDED_DISK } from './disk.ts';

/** `memory`: all disks and the memory of one instant. */
const SNAPSHOT_CONSISTENCY = [...CONSISTENCY, 'memory'] as const;

/**
 * A disk of a snapshot. A snap stays with its image, whatever the image's name becomes: after a swap, a deletion by
 * Cinder or a rebuild by Nova it is found by `image_id`.
 */
const SNAPSHOT_DISK = {
  ...RECORDED_DISK,
  /** Ceph's own id of the image, which no rename changes. */
  image_id: text({}),
};

export type SnapshotDisk = FieldsOf<typeof SNAPSHOT_DISK>;

const shown = true;
const nullable = true;
const filter = 'callers';

/** A snapshot as the catalogue has it and the API shows it. */
export const SNAPSHOT = {
  id: uuid({ shown, filter }),
  name: text({ nullable, shown, filter }),
  description: text({ nullable, shown }),
  status: oneOf(POINT_STATUS, { shown, filter, later: LATER_STATUS }),
  fail_code: code({ nullable, shown }),
  fail_reason: text({ nullable, shown }),
  project_id: keystoneId({ shown, filter }),
  user_id: keystoneId({ shown, filter }),
  server_id: uuid({ shown, filter }),
  server_name: text({ shown, filter }),
  /** The snapshot from which the server's content went on; null: its content began here. */
  parent_id: uuid({ nullable, shown, filter }),
  /** A protected snapshot is deleted by nobody and by no schedule. */
  protected: boolean({ shown, filter, first: false }),
  safety: boolean({ shown, filter, first: false, means: 'Made by itself before a restore replaced the disks' }),
  /** It is deleted at this time; null: never by itself. */
  expires_at: time({ nullable, shown, filter }),
  memory: boolean({ shown, filter }),
  consistency: oneOf(SNAPSHOT_CONSISTENCY, { nullable, shown, filter }),
  paused_ms: integer({ nullable, shown }),
  data_timestamp: time({ nullable, shown, filter }),
  size_bytes: integer({ nullable, shown, filter }),
  operation_id: uuid({ shown, filter }),
  disks: listOf(SNAPSHOT_DISK, 'SnapshotDisk', { shown, long: true, first: [] }),
  /** The services' recorded answers about the server. They may be long, and only a restore needs them. */
  environment: json<Record<string, unknown>>()({ unlisted: true, first: {} }),
  metadata: strings({ shown, long: true, first: {} }),
  created_at: time({ shown, filter }),
  updated_at: time({ shown, filter }),
};

export type Snapshot = FieldsOf<typeof SNAPSHOT>;

export const newSnapshot = (given: Given<typeof SNAPSHOT>): Snapshot => begun(SNAPSHOT, given);

/** The form that lists have. */
export type ListedSnapshot = Omit<Snapshot, 'environment'>;
