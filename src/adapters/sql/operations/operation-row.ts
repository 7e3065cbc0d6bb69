import type {
  JournalEntry,
  ListedOperation,
  Operation,
  OperationFailure,
} from '../../../domain/operations/operation.ts';
import { bit, exact, json, jsonOrNull, parsed, parsedOrNull } from '../database/columns.ts';
import type { JournalRow, OperationRow } from '../database/tables.ts';
import type { ListedRow } from '../lists/listed-columns.ts';

/** A new operation: nobody has claimed it. `recorded` is what `forget` needs. */
export function operationRow(operation: Operation, recorded: unknown): OperationRow {
  return {
    ...operation,
    input: json(operation.input),
    committed: bit(operation.committed),
    undoing: bit(operation.undoing),
    cancel_requested: bit(operation.cancel_requested),
    bytes_done: exact(operation.bytes_done),
    bytes_total: exact(operation.bytes_total),
    failure: jsonOrNull(operation.failure),
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

export function operationOf({ input, recorded: _recorded, left_told: _told, ...row }: OperationRow): Operation {
  return { ...listedOperationOf(row), input: parsed(input) };
}

/** `failure` is why it failed or is being undone; before that, why it is not getting on at the moment. */
export function listedOperationOf(row: ListedRow<'operations'>): ListedOperation {
  const { trouble, fence: _fence, beat: _beat, worker: _worker, look_at: _look, waits: _waits, ...rest } = row;
  return {
    ...rest,
    workflow: row.workflow as Operation['workflow'],
    resource_type: row.resource_type as Operation['resource_type'],
    status: row.status as Operation['status'],
    committed: row.committed === 1,
    undoing: row.undoing === 1,
    cancel_requested: row.cancel_requested === 1,
    progress: exact(row.progress),
    bytes_done: exact(row.bytes_done),
    bytes_total: exact(row.bytes_total),
    failure: parsedOrNull<OperationFailure>(row.failure ?? trouble),
  };
}

export function journalEntryOf(row: JournalRow): JournalEntry {
  return {
    ...row,
    state: row.state as JournalEntry['state'],
    input: parsed(row.input),
    output: parsed(row.output),
    noted: row.noted === null ? undefined : parsed(row.noted),
  };
}
