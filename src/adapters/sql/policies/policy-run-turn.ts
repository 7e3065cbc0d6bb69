import type { Transaction } from 'kysely';
import { RewindError } from '../../../domain/errors.ts';
import type { NewOperation } from '../../../ports/stores/operations.ts';
import { json } from '../database/columns.ts';
import type { Tables } from '../database/tables.ts';

/** In the transaction that records the operation: of all who begin a run, exactly one succeeds. */
export async function beginPolicyRun(
  tx: Transaction<Tables>,
  { operation, backup }: NewOperation,
  { id, places }: { id: string; places: string[] },
): Promise<void> {
  const begun = { operation_id: operation.id, backup_id: backup?.id ?? null, places: json(places) };
  const { numUpdatedRows } = await tx
    .updateTable('policy_runs')
    .set({ ...begun, status: 'submitted', fail_code: null, fail_reason: null, updated_at: operation.created_at })
    .where('id', '=', id)
    .where('status', '=', 'waiting')
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new RewindError('policy-run.taken');
}

/** Its operation could not be queued: the run waits again. */
export async function freePolicyRun(tx: Transaction<Tables>, id: string): Promise<void> {
  await tx
    .updateTable('policy_runs')
    .set({ status: 'waiting', operation_id: null, backup_id: null, places: json([]) })
    .where('id', '=', id)
    .execute();
}
