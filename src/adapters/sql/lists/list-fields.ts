import type { Field, Fields, Kind } from '../../../domain/fields.ts';
import { MESSAGE } from '../../../domain/message.ts';
import { OPERATION } from '../../../domain/operations/operation.ts';
import { BACKUP } from '../../../domain/points/backup.ts';
import { RESTORE } from '../../../domain/points/restore.ts';
import { SNAPSHOT } from '../../../domain/points/snapshot.ts';
import { POLICY, POLICY_RUN } from '../../../domain/policies/backup-policy.ts';

/** Tables from which lists are read, and the declarations of their rows. */
export const LISTED = {
  operations: OPERATION,
  backups: BACKUP,
  snapshots: SNAPSHOT,
  restores: RESTORE,
  policies: POLICY,
  policy_runs: POLICY_RUN,
  messages: MESSAGE,
};

export type ListedTable = keyof typeof LISTED;

/** How the text of a filter's value is read. */
export type FieldKind = 'text' | 'number' | 'boolean' | 'time';

const KINDS: Partial<Record<Kind, FieldKind>> = { integer: 'number', boolean: 'boolean', time: 'time' };

/** Names of the fields that satisfy this. */
export const namesOf = (fields: Fields, which: (field: Field) => boolean): string[] =>
  Object.entries(fields).flatMap(([name, field]) => (which(field) ? [name] : []));

/** The only columns that a request may name in a filter or a sort. */
export const sortable = (table: ListedTable): string[] => namesOf(LISTED[table], ({ filter }) => filter !== undefined);

/** Undefined: there is no filter and no sort of this name. */
export function fieldKind(table: ListedTable, name: string): FieldKind | undefined {
  const fields: Fields = LISTED[table];
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return field?.filter && (KINDS[field.kind] ?? 'text');
}
