import type { Transaction } from 'kysely';
import { RewindError } from '../../../domain/errors.ts';
import type { Backup } from '../../../domain/points/backup.ts';
import type { Snapshot } from '../../../domain/points/snapshot.ts';
import type { BackupRow, SnapshotRow, Tables } from '../database/tables.ts';
import { backupChangeRow } from './backup-row.ts';
import { snapshotChangeRow } from './snapshot-row.ts';

export interface Before<R> {
  id: string;
  columns: Partial<R>;
}

/** Statuses that may be deleted; in all others the point is being made, or is being deleted already. */
const DELETABLE = ['available', 'error', 'cancelled'];

/**
 * Returns the columns as they were, for `forget`. A deletion is requested some time after somebody checked whether the
 * point is protected: the update itself decides it, whatever was seen before.
 */
export async function changeBackup(
  tx: Transaction<Tables>,
  { id, change }: { id: string; change: Partial<Backup> },
): Promise<Before<BackupRow>> {
  const columns = backupChangeRow(change);
  // The write comes first here too: the values that are read next are the last ones committed.
  const { numUpdatedRows } = await tx.updateTable('backups').set({ id }).where('id', '=', id).executeTakeFirst();
  if (numUpdatedRows === 0n) throw new RewindError('backup.not-found');
  const row = await tx.selectFrom('backups').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  let update = tx.updateTable('backups').set(columns).where('id', '=', id);
  if (change.status === 'deleting') update = update.where('protected', '=', 0).where('status', 'in', DELETABLE);
  if ((await update.executeTakeFirst()).numUpdatedRows !== 0n) return { id, columns: only(row, columns) };
  // An update sees what is committed now, a select may not.
  const locked = tx.updateTable('backups').set({ id }).where('id', '=', id).where('protected', '=', 1);
  throw (await locked.executeTakeFirst()).numUpdatedRows === 0n ? busy('backup') : isProtected('backup');
}

/** `expiredAt`: only if it had expired at this instant. */
export async function changeSnapshot(
  tx: Transaction<Tables>,
  { id, change, expiredAt }: { id: string; change: Partial<Snapshot>; expiredAt?: string },
): Promise<Before<SnapshotRow>> {
  const columns = snapshotChangeRow(change);
  const { numUpdatedRows } = await tx.updateTable('snapshots').set({ id }).where('id', '=', id).executeTakeFirst();
  if (numUpdatedRows === 0n) throw new RewindError('snapshot.not-found');
  const row = await tx.selectFrom('snapshots').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  let update = tx.updateTable('snapshots').set(columns).where('id', '=', id);
  if (change.status === 'deleting') update = update.where('protected', '=', 0).where('status', 'in', DELETABLE);
  if (expiredAt !== undefined) update = update.where('expires_at', '<', expiredAt);
  if ((await update.executeTakeFirst()).numUpdatedRows !== 0n) return { id, columns: only(row, columns) };
  const locked = tx.updateTable('snapshots').set({ id }).where('id', '=', id).where('protected', '=', 1);
  if ((await locked.executeTakeFirst()).numUpdatedRows !== 0n) throw isProtected('snapshot');
  throw expiredAt === undefined ? busy('snapshot') : new RewindError('snapshot.kept');
}

const isProtected = (what: 'backup' | 'snapshot'): RewindError => new RewindError(`${what}.protected`);
const busy = (what: 'backup' | 'snapshot'): RewindError => new RewindError(`${what}.busy`);

/** The columns of `row` that occur in `changed`. */
function only<R extends object>(row: R, changed: Partial<R>): Partial<R> {
  const fields = Object.keys(changed) as (keyof R)[];
  return Object.fromEntries(fields.map((field) => [field, row[field]])) as Partial<R>;
}
