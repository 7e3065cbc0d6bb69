import {
  begun,
  code,
  type FieldsOf,
  type Given,
  json,
  keystoneId,
  listOf,
  oneOf,
  text,
  texts,
  time,
  uuid,
} from '../fields.ts';
import { LATER_STATUS } from './backup.ts';
import type { Difference } from './new-server-plan.ts';

export const RESTORE_MODES = ['in_place', 'volumes', 'new_server'] as const;
export type RestoreMode = (typeof RESTORE_MODES)[number];

const RESTORE_STATUS = ['restoring', 'available', 'error', 'cancelled'] as const;

const shown = true;
const nullable = true;
const filter = 'callers';

const RESTORED_DISK = {
  /** The backup's disk. */
  disk_id: text({ shown }),
  /** The volume that holds its content now; null: a root disk on an image. */
  volume_id: text({ nullable, shown }),
};

/** A restore as the catalogue has it and the API shows it. */
export const RESTORE = {
  id: uuid({ shown, filter }),
  name: text({ nullable, shown, filter }),
  status: oneOf(RESTORE_STATUS, { shown, filter, later: LATER_STATUS }),
  fail_code: code({ nullable, shown }),
  fail_reason: text({ nullable, shown }),
  project_id: keystoneId({ shown, filter }),
  user_id: keystoneId({ shown, filter }),
  /** The restored backup; otherwise a snapshot is restored. */
  backup_id: uuid({ nullable, shown, filter }),
  snapshot_id: uuid({ nullable, shown, filter }),
  mode: oneOf(RESTORE_MODES, { shown, filter }),
  /**
   * The server whose disks are replaced, which gets the volumes, or which was made; null when there is none, or not
   * yet.
   */
  server_id: uuid({ nullable, shown, filter }),
  /** The chosen disks, by the ids of the backup's disks. */
  disks: texts({ shown, long: true }),
  volumes: listOf(RESTORED_DISK, null, { shown, long: true, first: [] }),
  /** For a new server: what could not be as it was. */
  differences: json<Difference[]>()({ shown, long: true, first: [], older: [] }),
  operation_id: uuid({ shown, filter }),
  created_at: time({ shown, filter }),
  updated_at: time({ shown, filter }),
};

export type Restore = FieldsOf<typeof RESTORE>;

export const newRestore = (given: Given<typeof RESTORE>): Restore => begun(RESTORE, given);
