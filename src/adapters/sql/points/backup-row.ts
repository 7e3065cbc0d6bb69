import { BACKUP, type Backup } from '../../../domain/points/backup.ts';
import { changedColumns, readRow, rowOf } from '../database/row-codec.ts';
import type { BackupRow } from '../database/tables.ts';

export const backupRow = (backup: Backup): BackupRow => rowOf(BACKUP, backup);
export const backupChangeRow = (change: Partial<Backup>): Partial<BackupRow> => changedColumns(BACKUP, change);
export const backupOf = (row: BackupRow): Backup => readRow(BACKUP, row);
