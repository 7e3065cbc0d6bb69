import { SqliteAdapter, sql, type Transaction } from 'kysely';
import type { Tables } from '../database/tables.ts';

/** Until the transaction ends, no other one counts or adds things of this project: this must be its first statement. */
export async function takeQuotaTurn(tx: Transaction<Tables>, projectId: string): Promise<void> {
  const sqlite = tx.getExecutor().adapter instanceof SqliteAdapter;
  const again = sqlite ? sql`on conflict (project_id) do update set` : sql`on duplicate key update`;
  await sql`insert into quota_turns (project_id, taken) values (${projectId}, 1) ${again} taken = taken + 1`.execute(
    tx,
  );
}
