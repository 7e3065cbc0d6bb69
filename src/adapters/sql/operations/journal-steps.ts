import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kysely';
import { RewindError } from '../../../domain/errors.ts';
import { json } from '../database/columns.ts';
import type { Tables } from '../database/tables.ts';

interface Step {
  id: string;
  key: string;
  now: string;
}

/**
 * Records that a step is about to act. When the journal has it already, the first entry stays: its input describes the
 * world before the first act, and an undo has to restore that.
 */
export async function writeIntent(
  tx: Transaction<Tables>,
  { id, key, now }: Step,
  input: unknown,
): Promise<string | null> {
  const lines = await tx.selectFrom('journal').select(['key', 'mark']).where('operation_id', '=', id).execute();
  const first = lines.find((line) => line.key === key);
  if (first) return first.mark;
  // From 0 and without gaps: nothing is ever removed from a journal.
  const seq = lines.length;
  const mark = randomUUID();
  const line = { operation_id: id, seq, key, state: 'intended', mark, noted: null, started_at: now, finished_at: null };
  await tx
    .insertInto('journal')
    .values({ ...line, input: json(input), output: json(null) })
    .execute();
  return mark;
}

/** Written before the act, so that a successor knows what may have been requested. */
export async function writeNote(
  tx: Transaction<Tables>,
  { id, key }: Omit<Step, 'now'>,
  noted: unknown,
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('journal')
    .set({ noted: json(noted) })
    .where('operation_id', '=', id)
    .where('key', '=', key)
    .where('state', '!=', 'undone')
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw outOfOrder();
}

/** If it is done again, the newest output stays. A step that was never begun, or was undone, cannot be done. */
export async function writeDone(tx: Transaction<Tables>, { id, key, now }: Step, output: unknown): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('journal')
    .set({ state: 'done', output: json(output), finished_at: now })
    .where('operation_id', '=', id)
    .where('key', '=', key)
    .where('state', '!=', 'undone')
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw outOfOrder();
}

export async function writeUndone(tx: Transaction<Tables>, { id, key, now }: Step): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('journal')
    .set({ state: 'undone', finished_at: now })
    .where('operation_id', '=', id)
    .where('key', '=', key)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw outOfOrder();
}

const outOfOrder = (): RewindError => new RewindError('internal.journal-order');
