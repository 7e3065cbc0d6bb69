import type { ListedSnapshot, Snapshot } from '../../../domain/points/snapshot.ts';
import { bit, converted, exactOrNull, json, parsed } from '../database/columns.ts';
import type { SnapshotRow } from '../database/tables.ts';
import type { ListedRow } from '../lists/listed-columns.ts';

const toColumn = {
  protected: bit,
  safety: bit,
  memory: bit,
  paused_ms: exactOrNull,
  size_bytes: exactOrNull,
  disks: json,
  environment: json,
  metadata: json,
};

export const snapshotRow = (snapshot: Snapshot): SnapshotRow => converted(snapshot, toColumn) as unknown as SnapshotRow;

/** The id and the owner are not for changing. */
export function snapshotChangeRow(change: Partial<Snapshot>): Partial<SnapshotRow> {
  const { id: _id, project_id: _project, ...rest } = change;
  return converted(rest, toColumn) as Partial<SnapshotRow>;
}

export const snapshotOf = ({ environment, ...row }: SnapshotRow): Snapshot => ({
  ...listedSnapshotOf(row),
  environment: parsed<Snapshot['environment']>(environment),
});

export function listedSnapshotOf(row: ListedRow<'snapshots'>): ListedSnapshot {
  return {
    ...row,
    status: row.status as Snapshot['status'],
    consistency: row.consistency as Snapshot['consistency'],
    protected: row.protected === 1,
    safety: row.safety === 1,
    memory: row.memory === 1,
    paused_ms: exactOrNull(row.paused_ms),
    size_bytes: exactOrNull(row.size_bytes),
    disks: parsed<Snapshot['disks']>(row.disks),
    metadata: parsed<Snapshot['metadata']>(row.metadata),
  };
}
