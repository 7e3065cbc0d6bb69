import type { Transaction } from 'kysely';
import type { Tables } from '../database/tables.ts';

/**
 * The snapshot's children get its parent as theirs; so does the server, if this was its position. An absent snapshot is
 * fine.
 */
export async function removeFromTree(tx: Transaction<Tables>, id: string): Promise<void> {
  const row = await tx.selectFrom('snapshots').select('parent_id').where('id', '=', id).executeTakeFirst();
  if (!row) return;
  const { parent_id } = row;
  await tx.updateTable('snapshots').set({ parent_id }).where('parent_id', '=', id).execute();
  const here = parent_id === null ? null : { snapshot_id: parent_id };
  if (here) await tx.updateTable('server_positions').set(here).where('snapshot_id', '=', id).execute();
  else await tx.deleteFrom('server_positions').where('snapshot_id', '=', id).execute();
  await tx.deleteFrom('snapshots').where('id', '=', id).execute();
}
