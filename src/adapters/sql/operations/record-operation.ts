import type { Transaction } from 'kysely';
import type { NewOperation } from '../../../ports/stores/operations.ts';
import { parsed } from '../database/columns.ts';
import { transact } from '../database/database-trouble.ts';
import type { BackupRow, Database, SnapshotRow, Tables } from '../database/tables.ts';
import { backupRow } from '../points/backup-row.ts';
import { type Before, changeBackup, changeSnapshot } from '../points/change-point.ts';
import { restoreRow } from '../points/restore-row.ts';
import { snapshotRow } from '../points/snapshot-row.ts';
import { beginPolicyRun, freePolicyRun } from '../policies/policy-run-turn.ts';
import { requireQuota } from '../policies/sql-quotas.ts';
import { takeHolds, takeHoldTurns } from './held-things.ts';
import { operationRow } from './operation-row.ts';

/** What `forget` reverts: rows that came with the operation, and columns as they were before it. */
interface Recorded {
  backupId: string | null;
  restoreId: string | null;
  snapshotId?: string | null;
  before: Before<BackupRow> | null;
  snapshotBefore?: Before<SnapshotRow> | null;
  policyRunId?: string | null;
}

/**
 * Writes everything that an accepted request records, or nothing.
 * @throws RewindError `quota.<resource>` (403), `server.busy`, `policy-run.taken` (409), `backup.not-found`,
 * `snapshot.not-found` (404: it went meanwhile), `backup.protected`, `backup.busy`, `snapshot.protected`,
 * `snapshot.busy`, `snapshot.kept` (409: the condition of the request no longer holds)
 */
export async function recordOperation(db: Database, entry: NewOperation): Promise<void> {
  await transact(db, async (tx) => {
    await takeHoldTurns(tx, entry.holds);
    await requireQuota(tx, entry);
    const recorded: Recorded = {
      backupId: entry.backup?.id ?? null,
      restoreId: entry.restore?.id ?? null,
      snapshotId: entry.snapshot?.id ?? null,
      before: entry.backupChange ? await changeBackup(tx, entry.backupChange) : null,
      snapshotBefore: entry.snapshotChange ? await changeSnapshot(tx, entry.snapshotChange) : null,
      policyRunId: entry.policyRun?.id ?? null,
    };
    if (entry.policyRun) await beginPolicyRun(tx, entry, entry.policyRun);
    await tx.insertInto('operations').values(operationRow(entry.operation, recorded)).execute();
    await ownIds(tx, entry);
    await takeHolds(tx, entry.operation, entry.holds);
    if (entry.backup) await tx.insertInto('backups').values(backupRow(entry.backup)).execute();
    if (entry.restore) await tx.insertInto('restores').values(restoreRow(entry.restore)).execute();
    if (entry.snapshot) await tx.insertInto('snapshots').values(snapshotRow(entry.snapshot)).execute();
  });
}

/**
 * Ids that may occur in names in Ceph: whoever finds one there later knows by this that it is ours, even when its
 * record is gone. A backup that is imported got its id from its maker.
 */
async function ownIds(tx: Transaction<Tables>, { operation, backup, restore, snapshot }: NewOperation): Promise<void> {
  const made = operation.workflow.startsWith('import-') ? undefined : backup?.id;
  const { safety_id: safety } = (operation.input ?? {}) as { safety_id?: unknown };
  const ids = [operation.id, made, restore?.id, snapshot?.id, safety].filter((id) => typeof id === 'string');
  const known = await tx.selectFrom('own_ids').select('id').where('id', 'in', ids).execute();
  const fresh = ids.filter((id) => !known.some((row) => row.id === id));
  if (fresh.length > 0)
    await tx
      .insertInto('own_ids')
      .values(fresh.map((id) => ({ id })))
      .execute();
}

/** Reverts what `recordOperation` wrote, unless a worker has ever claimed the operation. */
export async function forgetOperation(db: Database, id: string): Promise<boolean> {
  return await transact(db, async (tx) => {
    // The write comes first: it locks the row, so that nobody claims it between here and the end.
    const { numUpdatedRows } = await tx
      .updateTable('operations')
      .set({ id })
      .where('id', '=', id)
      .where('status', '=', 'queued')
      .where('fence', '=', 0)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    const row = await tx.selectFrom('operations').select('recorded').where('id', '=', id).executeTakeFirstOrThrow();
    // Its holds and its journal go with it.
    await tx.deleteFrom('operations').where('id', '=', id).execute();
    const { backupId, restoreId, snapshotId, before, snapshotBefore, policyRunId } = parsed<Recorded>(row.recorded);
    if (backupId) await tx.deleteFrom('backups').where('id', '=', backupId).execute();
    if (restoreId) await tx.deleteFrom('restores').where('id', '=', restoreId).execute();
    if (snapshotId) await tx.deleteFrom('snapshots').where('id', '=', snapshotId).execute();
    if (before) await tx.updateTable('backups').set(before.columns).where('id', '=', before.id).execute();
    if (policyRunId) await freePolicyRun(tx, policyRunId);
    if (snapshotBefore)
      await tx.updateTable('snapshots').set(snapshotBefore.columns).where('id', '=', snapshotBefore.id).execute();
    return true;
  });
}
