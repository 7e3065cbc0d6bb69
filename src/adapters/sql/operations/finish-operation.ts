import { sql, type Transaction } from 'kysely';
import { hasCode } from '../../../domain/errors.ts';
import type { OperationEnd } from '../../../ports/stores/journal.ts';
import { jsonOrNull } from '../database/columns.ts';
import { guarded } from '../database/database-trouble.ts';
import { fencedWrite } from '../database/fenced-write.ts';
import type { Database, OperationRow, Tables } from '../database/tables.ts';
import { backupChangeRow } from '../points/backup-row.ts';
import { removeFromTree } from '../points/remove-from-tree.ts';
import { restoreChangeRow } from '../points/restore-row.ts';
import { snapshotChangeRow } from '../points/snapshot-row.ts';

interface Finish {
  id: string;
  fence: number;
  end: OperationEnd;
  now: string;
}

/**
 * Final status, the outcome for the resource, and the release of what it held: all or nothing. Done twice under the
 * same fence, it changes nothing the second time. @throws RewindError `workflow.fenced`
 */
export async function finishOperation(db: Database, finish: Finish): Promise<void> {
  const { id, fence, end, now } = finish;
  try {
    await fencedWrite(db, { id, fence, change: endColumns(end, now) }, async (tx) => {
      await changeResource(tx, end, now);
      await tx.deleteFrom('holds').where('operation_id', '=', id).execute();
    });
  } catch (error) {
    if (!hasCode(error, 'workflow.fenced') || !(await isFinished(db, finish))) throw error;
  }
}

/** A failure that `beginUndo` wrote stays when the end has none. */
function endColumns(end: OperationEnd, now: string): Partial<OperationRow> {
  const ended = {
    left_told: 1 as const,
    status: end.status,
    trouble: null,
    worker: null,
    finished_at: now,
    updated_at: now,
  };
  if (end.status === 'succeeded') return { ...ended, failure: jsonOrNull(end.failure), progress: 100 };
  return end.failure === null ? ended : { ...ended, failure: jsonOrNull(end.failure) };
}

async function changeResource(
  tx: Transaction<Tables>,
  { backup, restore, snapshot }: OperationEnd,
  now: string,
): Promise<void> {
  if (backup && 'remove' in backup) {
    await tx.deleteFrom('backups').where('id', '=', backup.id).execute();
    await tx.deleteFrom('recorded_servers').where('point_id', '=', backup.id).execute();
  }
  if (backup && 'change' in backup) {
    const columns = { updated_at: now, ...backupChangeRow(backup.change) };
    await tx.updateTable('backups').set(columns).where('id', '=', backup.id).execute();
    if (backup.change.status === 'available' && backup.change.fail_code === undefined) await keepBad(tx, backup.id);
  }
  if (restore) {
    const columns = { updated_at: now, ...restoreChangeRow(restore.change) };
    await tx.updateTable('restores').set(columns).where('id', '=', restore.id).execute();
  }
  if (snapshot && 'remove' in snapshot) await removeFromTree(tx, snapshot.id);
  if (snapshot && 'change' in snapshot) {
    const columns = { updated_at: now, ...snapshotChangeRow(snapshot.change) };
    await tx.updateTable('snapshots').set(columns).where('id', '=', snapshot.id).execute();
  }
}

/** It was found bad while it was being made, because of a run that it shares with others. */
async function keepBad(tx: Transaction<Tables>, id: string): Promise<void> {
  await tx
    .updateTable('backups')
    .set({ status: 'error' })
    .where('id', '=', id)
    .where('fail_code', 'is not', null)
    .execute();
}

async function isFinished(db: Database, { id, fence, end }: Finish): Promise<boolean> {
  const row = await guarded(() =>
    db
      .selectFrom('operations')
      .select(sql<number>`1`.as('one'))
      .where('id', '=', id)
      .where('fence', '=', fence)
      .where('status', '=', end.status)
      .executeTakeFirst(),
  );
  return row !== undefined;
}
