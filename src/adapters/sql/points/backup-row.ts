import type { Backup } from '../../../domain/points/backup.ts';
import { bit, converted, exactOrNull, json, parsed } from '../database/columns.ts';
import type { BackupRow } from '../database/tables.ts';

const toColumn = {
  incremental: bit,
  protected: bit,
  paused_ms: exactOrNull,
  size_bytes: exactOrNull,
  changed_bytes: exactOrNull,
  stored_bytes: exactOrNull,
  disks: json,
  metadata: json,
};

export const backupRow = (backup: Backup): BackupRow => converted(backup, toColumn) as unknown as BackupRow;

/** The id and the owner are not for changing. */
export function backupChangeRow(change: Partial<Backup>): Partial<BackupRow> {
  const { id: _id, project_id: _project, ...rest } = change;
  return converted(rest, toColumn) as Partial<BackupRow>;
}

export function backupOf(row: BackupRow): Backup {
  return {
    ...row,
    status: row.status as Backup['status'],
    consistency: row.consistency as Backup['consistency'],
    incremental: row.incremental === 1,
    protected: row.protected === 1,
    paused_ms: exactOrNull(row.paused_ms),
    size_bytes: exactOrNull(row.size_bytes),
    changed_bytes: exactOrNull(row.changed_bytes),
    stored_bytes: exactOrNull(row.stored_bytes),
    disks: parsed<Backup['disks']>(row.disks),
    metadata: parsed<Backup['metadata']>(row.metadata),
  };
}
