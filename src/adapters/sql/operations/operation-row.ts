import type { Listed } from '../../../domain/fields.ts';
import {
  type JournalEntry,
  type ListedOperation,
  OPERATION,
  type Operation,
} from '../../../domain/operations/operation.ts';
import { json, parsed } from '../database/columns.ts';
import { readRow, rowOf } from '../database/row-codec.ts';
import type { JournalRow, OperationRow } from '../database/tables.ts';
import type { ListedRow } from '../lists/listed-columns.ts';

/** A new operation that no worker has claimed. `recorded` is what `forget` needs. */
export function operationRow(operation: Operation, recorded: unknown): OperationRow {
  return {
    ...rowOf(OPERATION, operation),
    trouble: null,
    fence: 0,
    beat: 0,
    worker: null,
    look_at: null,
    waits: 0,
    left_told: 0,
    recorded: json(recorded),
  };
}

export const operationOf = (row: OperationRow): Operation => readRow(OPERATION, withTrouble(row));

export const listedOperationOf = (row: ListedRow<'operations'>): ListedOperation =>
  readRow<typeof OPERATION, Listed<typeof OPERATION>>(OPERATION, withTrouble(row));

/** `failure` is why it failed or is being undone; before that, why it makes no progress at the moment. */
const withTrouble = <R extends Pick<OperationRow, 'failure' | 'trouble'>>(row: R): R => ({
  ...row,
  failure: row.failure ?? row.trouble,
});

export function journalEntryOf(row: JournalRow): JournalEntry {
  return {
    ...row,
    state: row.state as JournalEntry['state'],
    input: parsed(row.input),
    output: parsed(row.output),
    noted: row.noted === null ? undefined : parsed(row.noted),
  };
}
