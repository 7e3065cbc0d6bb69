import { SqliteAdapter, sql, type Transaction } from 'kysely';
import { busy } from '../../../domain/operations/busy.ts';
import type { Hold } from '../../../domain/operations/holds.ts';
import type { Operation } from '../../../domain/operations/operation.ts';
import { byText } from '../../../domain/order.ts';
import { bit } from '../database/columns.ts';
import type { Database, Tables } from '../database/tables.ts';
import { operationOf } from './operation-row.ts';

/** A hold of an operation that has ended holds nothing, even if it was not removed. */
const OPEN = ['queued', 'running'];

/**
 * Until the transaction ends, no other one looks up the holders of these things. These must be its first statements, so
 * that what is read after them is what was last committed. In the order of their ids, so that two transactions never
 * wait for each other in a circle.
 */
export async function takeHoldTurns(tx: Transaction<Tables>, holds: readonly Hold[]): Promise<void> {
  const sqlite = tx.getExecutor().adapter instanceof SqliteAdapter;
  const again = sqlite ? sql`on conflict (thing) do update set` : sql`on duplicate key update`;
  for (const thing of thingsOf(holds))
    await sql`insert into hold_turns (thing, taken) values (${thing}, 1) ${again} taken = taken + 1`.execute(tx);
}

/** Called after `takeHoldTurns`. @throws RewindError `server.busy` (409) */
export async function takeHolds(tx: Transaction<Tables>, operation: Operation, holds: readonly Hold[]): Promise<void> {
  if (holds.length === 0) return;
  const other = await inTheWay(tx, holds);
  if (other) throw busy(other, operation.project_id);
  const rows = holds.map(({ thing, exclusive }) => ({ thing, operation_id: operation.id, exclusive: bit(exclusive) }));
  await tx.insertInto('holds').values(rows).execute();
  await tx.deleteFrom('hold_turns').where('thing', 'in', thingsOf(holds)).execute();
}

/** The oldest of them. */
export async function inTheWay(
  db: Database | Transaction<Tables>,
  holds: readonly Hold[],
): Promise<Operation | undefined> {
  if (holds.length === 0) return undefined;
  const wanted = holds.filter(({ exclusive }) => exclusive).map(({ thing }) => thing);
  const row = await db
    .selectFrom('holds')
    .innerJoin('operations', 'operations.id', 'holds.operation_id')
    .selectAll('operations')
    .where('holds.thing', 'in', thingsOf(holds))
    .where('operations.status', 'in', OPEN)
    .where((eb) =>
      eb.or([eb('holds.exclusive', '=', 1), ...(wanted.length > 0 ? [eb('holds.thing', 'in', wanted)] : [])]),
    )
    .orderBy('operations.created_at')
    .limit(1)
    .executeTakeFirst();
  return row && operationOf(row);
}

const thingsOf = (holds: readonly Hold[]): string[] => [...new Set(holds.map(({ thing }) => thing))].sort(byText);
