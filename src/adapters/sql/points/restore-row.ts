import type { Restore } from '../../../domain/points/restore.ts';
import { converted, json, parsed, parsedOrNull } from '../database/columns.ts';
import type { RestoreRow } from '../database/tables.ts';

const toColumn = { disks: json, volumes: json, differences: json };

export const restoreRow = (restore: Restore): RestoreRow => converted(restore, toColumn) as unknown as RestoreRow;

/** The id and the owner are not for changing. */
export function restoreChangeRow(change: Partial<Restore>): Partial<RestoreRow> {
  const { id: _id, project_id: _project, ...rest } = change;
  return converted(rest, toColumn) as Partial<RestoreRow>;
}

export function restoreOf(row: RestoreRow): Restore {
  return {
    ...row,
    mode: row.mode as Restore['mode'],
    status: row.status as Restore['status'],
    disks: parsed<Restore['disks']>(row.disks),
    volumes: parsed<Restore['volumes']>(row.volumes),
    differences: parsedOrNull<Restore['differences']>(row.differences) ?? [],
  };
}
