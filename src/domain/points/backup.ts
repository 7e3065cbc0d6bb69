import {
  begun,
  boolean,
  code,
  type FieldsOf,
  type Given,
  integer,
  keystoneId,
  listOf,
  oneOf,
  strings,
  text,
  time,
  uuid,
} from '../fields.ts';
import { BACKUP_DISK } from './disk.ts';

export const POINT_STATUS = ['creating', 'available', 'deleting', 'error', 'cancelled'] as const;
export type PointStatus = (typeof POINT_STATUS)[number];

/** For `status`; clients before 1.1 do not know cancelled ones. */
export const LATER_STATUS = { cancelled: { since: '1.1', before: 'error' } } as const;

/**
 * What was really reached. `per-disk`: every disk at one instant, but the disks of a running server some milliseconds
 * apart; `crash`: all disks at one instant; `filesystem`: also frozen by the guest's agent.
 */
export const CONSISTENCY = ['per-disk', 'crash', 'filesystem'] as const;
export type Consistency = (typeof CONSISTENCY)[number];

/** What may be requested; `best` takes the best that is possible. */
export const WANTED_CONSISTENCY = ['best', 'crash', 'filesystem'] as const;
export type WantedConsistency = (typeof WANTED_CONSISTENCY)[number];

/** Why a backup that was complete counts as bad: a check found it so. It may be verified again. */
const FOUND_BAD = ['damaged', 'missing', 'rolled-back', 'key-erased', 'key-missing', 'differs-from-source'];

/** Whether an error with this code means that a backup is bad, and not that something else is wrong. */
export const saysBad = (code: string | null): boolean => FOUND_BAD.some((one) => code === `vm-backup.archive.${one}`);

const shown = true;
const nullable = true;
const filter = 'callers';

/** A backup as the catalogue has it and the API shows it. docs/how-to/field.md explains how to add a field. */
export const BACKUP = {
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
  incremental: boolean({ shown, filter }),
  base_backup_id: uuid({ nullable, shown, filter }),
  consistency: oneOf(CONSISTENCY, { nullable, shown, filter }),
  paused_ms: integer({ nullable, shown }),
  data_timestamp: time({ nullable, shown, filter }),
  size_bytes: integer({ nullable, shown, filter }),
  changed_bytes: integer({ nullable, shown, filter }),
  stored_bytes: integer({ nullable, shown, filter }),
  target: text({ shown, filter }),
  /** Null: it was made from the server. */
  copy_of: uuid({ nullable, shown, filter, means: 'The backup it was copied from, which may be gone' }),
  operation_id: uuid({ shown, filter }),
  disks: listOf(BACKUP_DISK, 'BackupDisk', { shown, long: true, first: [] }),
  metadata: strings({ shown, long: true, first: {} }),
  /** Null: a user requested it. */
  policy_id: uuid({ nullable, shown, filter, means: 'The policy that made it' }),
  planned_at: time({ nullable, shown, filter, means: 'The time for which its policy made it' }),
  /** A protected backup is deleted by nobody and by no policy. */
  protected: boolean({ shown, filter, first: false }),
  created_at: time({ shown, filter }),
  updated_at: time({ shown, filter }),
};

export type Backup = FieldsOf<typeof BACKUP>;

export const newBackup = (given: Given<typeof BACKUP>): Backup => begun(BACKUP, given);
