import { RESTORE, type Restore } from '../../../domain/points/restore.ts';
import { changedColumns, readRow, rowOf } from '../database/row-codec.ts';
import type { RestoreRow } from '../database/tables.ts';

export const restoreRow = (restore: Restore): RestoreRow => rowOf(RESTORE, restore);
export const restoreChangeRow = (change: Partial<Restore>): Partial<RestoreRow> => changedColumns(RESTORE, change);
export const restoreOf = (row: RestoreRow): Restore => readRow(RESTORE, row);
