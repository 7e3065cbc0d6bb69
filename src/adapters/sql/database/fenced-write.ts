import type { Transaction } from 'kysely';
import { RewindError } from '../../../domain/errors.ts';
import { transact } from './database-trouble.ts';
import type { Database, OperationRow, Tables } from './tables.ts';

type Change = Partial<OperationRow>;

/**
 * Does work in one transaction that begins by writing `change` to the operation under the condition that the fence is
 * still ours. The write locks the row, so no successor can claim it before this transaction has ended.
 * @throws RewindError `workflow.fenced` (bug) – another worker has claimed it, or it is finished; nothing changed
 */
export async function fencedWrite<T>(
  db: Database,
  { id, fence, change }: { id: string; fence: number; change: Change },
  work: (tx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  return await transact(db, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('operations')
      .set((eb) => ({ ...change, beat: eb('beat', '+', 1) }))
      .where('id', '=', id)
      .where('fence', '=', fence)
      .where('status', '=', 'running')
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) throw fenced();
    return await work(tx);
  });
}

export const fenced = (): RewindError => new RewindError('workflow.fenced');
