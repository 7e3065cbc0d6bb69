import type { AdoptedPoint } from '../../../ports/stores/catalogue.ts';
import { json } from '../database/columns.ts';
import { transact } from '../database/database-trouble.ts';
import type { Database } from '../database/tables.ts';
import { backupRow } from './backup-row.ts';

/** See the port. A commit waits for the disk: for a hundred thousand points, one by one, that would take minutes. */
export async function adoptPoints(db: Database, points: readonly AdoptedPoint[]): Promise<Set<string>> {
  if (points.length === 0) return new Set();
  const ids = points.map(({ backup }) => backup.id);
  return await transact(db, async (tx) => {
    const known = await tx.selectFrom('backups').select('id').where('id', 'in', ids).execute();
    const there = new Set(known.map(({ id }) => id));
    const fresh = points.filter(({ backup }) => !there.has(backup.id));
    if (fresh.length > 0) {
      await tx
        .insertInto('backups')
        .values(fresh.map(({ backup }) => backupRow(backup)))
        .execute();
    }
    // One by one: together they could be longer than a statement may be.
    for (const { backup, sealed, server } of points) {
      await tx.replaceInto('manifest_copies').values({ backup_id: backup.id, sealed }).execute();
      const record = { point_id: backup.id, project_id: backup.project_id, record: json(server) };
      await tx.replaceInto('recorded_servers').values(record).execute();
    }
    return new Set(fresh.map(({ backup }) => backup.id));
  });
}
