import type { Transaction } from 'kysely';
import type { Backup } from '../../domain/backup.ts';
import { RewindError } from '../../domain/errors.ts';
import type { NewOperation } from '../../ports/stores.ts';
import { backupChangeRow, backupRow } from './backup-row.ts';
import { parsed } from './columns.ts';
import { isUniqueViolation, transact } from './database-trouble.ts';
import { operationRow } from './operation-row.ts';
import { restoreRow } from './restore-row.ts';
import type { BackupRow, Database, Tables } from './tables.ts';

/** What `forget` takes back: rows that came with the operation, and columns as they were before it. */
interface Recorded {
  backupId: string | null;
  restoreId: string | null;
  before: { id: string; columns: Partial<BackupRow> } | null;
}

/**
 * Writes everything an accepted request records, or nothing.
 * @throws RewindError `server.busy` (409), `backup.not-found` (404: it went meanwhile)
 */
export async function recordOperation(db: Database, entry: NewOperation): Promise<void> {
  await transact(db, async (tx) => {
    const before = entry.backupChange ? await changeBackup(tx, entry.backupChange) : null;
    const recorded: Recorded = { backupId: entry.backup?.id ?? null, restoreId: entry.restore?.id ?? null, before };
    await tx.insertInto('operations').values(operationRow(entry.operation, recorded)).execute();
    await holdServers(tx, entry);
    if (entry.backup) await tx.insertInto('backups').values(backupRow(entry.backup)).execute();
    if (entry.restore) await tx.insertInto('restores').values(restoreRow(entry.restore)).execute();
  });
}

/** Takes back what `recordOperation` wrote, unless a worker has ever claimed the operation. */
export async function forgetOperation(db: Database, id: string): Promise<boolean> {
  return await transact(db, async (tx) => {
    // the write comes first: it locks the row, so that nobody claims it between here and the end
    const { numUpdatedRows } = await tx
      .updateTable('operations')
      .set({ id })
      .where('id', '=', id)
      .where('status', '=', 'queued')
      .where('fence', '=', 0)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    const row = await tx.selectFrom('operations').select('recorded').where('id', '=', id).executeTakeFirstOrThrow();
    // its holds and its journal go with it
    await tx.deleteFrom('operations').where('id', '=', id).execute();
    const { backupId, restoreId, before } = parsed<Recorded>(row.recorded);
    if (backupId) await tx.deleteFrom('backups').where('id', '=', backupId).execute();
    if (restoreId) await tx.deleteFrom('restores').where('id', '=', restoreId).execute();
    if (before) await tx.updateTable('backups').set(before.columns).where('id', '=', before.id).execute();
    return true;
  });
}

/** In the order of their ids, so that two requests for the same servers do not wait for each other in a circle. */
async function holdServers(tx: Transaction<Tables>, { operation, holdServers }: NewOperation): Promise<void> {
  for (const server_id of [...new Set(holdServers)].sort()) {
    try {
      await tx.insertInto('server_holds').values({ server_id, operation_id: operation.id }).execute();
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new RewindError('server.busy', 'Another operation is working on this server.', {
        status: 409,
        hint: 'Wait until it has finished, or cancel it.',
      });
    }
  }
}

async function changeBackup(
  tx: Transaction<Tables>,
  { id, change }: { id: string; change: Partial<Backup> },
): Promise<Recorded['before']> {
  const columns = backupChangeRow(change);
  // the write comes first here too: the values read next are the last ones committed
  const { numUpdatedRows } = await tx.updateTable('backups').set({ id }).where('id', '=', id).executeTakeFirst();
  if (numUpdatedRows === 0n) throw new RewindError('backup.not-found', 'There is no such backup.', { status: 404 });
  const row = await tx.selectFrom('backups').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  await tx.updateTable('backups').set(columns).where('id', '=', id).execute();
  const fields = Object.keys(columns) as (keyof BackupRow)[];
  return { id, columns: Object.fromEntries(fields.map((field) => [field, row[field]])) };
}
