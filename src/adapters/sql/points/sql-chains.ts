import { sql } from 'kysely';
import type { Chains } from '../../../ports/stores/chains.ts';
import { guarded } from '../database/database-trouble.ts';
import type { Database } from '../database/tables.ts';

export const sqlChains = (db: Database): Chains => ({
  async all() {
    const select = db
      .selectFrom('backups')
      .select(['project_id', 'server_id', 'target'])
      .select(sql<number>`count(*)`.as('backups'))
      .select(sql<string>`max(updated_at)`.as('changed_at'))
      .where('status', '=', 'available')
      .groupBy(['project_id', 'server_id', 'target']);
    return (await guarded(() => select.execute())).map((row) => ({
      projectId: row.project_id,
      serverId: row.server_id,
      target: row.target,
      backups: Number(row.backups),
      changedAt: row.changed_at,
    }));
  },
});
