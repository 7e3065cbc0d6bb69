import { type ListedSnapshot, SNAPSHOT, type Snapshot } from '../../../domain/points/snapshot.ts';
import { changedColumns, readRow, rowOf } from '../database/row-codec.ts';
import type { SnapshotRow } from '../database/tables.ts';
import type { ListedRow } from '../lists/listed-columns.ts';

export const snapshotRow = (snapshot: Snapshot): SnapshotRow => rowOf(SNAPSHOT, snapshot);
export const snapshotChangeRow = (change: Partial<Snapshot>): Partial<SnapshotRow> => changedColumns(SNAPSHOT, change);
export const snapshotOf = (row: SnapshotRow): Snapshot => readRow(SNAPSHOT, row);
export const listedSnapshotOf = (row: ListedRow<'snapshots'>): ListedSnapshot => readRow(SNAPSHOT, row);
