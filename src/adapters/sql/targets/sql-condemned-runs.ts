import type { CondemnedRuns } from '../../../ports/stores/condemned-runs.ts';
import { guarded, isUniqueViolation } from '../database/database-trouble.ts';
import type { Database } from '../database/tables.ts';

export const sqlCondemnedRuns = (db: Database): CondemnedRuns => ({
  async list(target, serverId) {
    const select = db
      .selectFrom('condemned_runs')
      .select(['object', 'since'])
      .where('server_id', '=', serverId)
      .where('target', '=', target);
    return guarded(() => select.execute());
  },
  async condemn(target, server_id, objects, since) {
    for (const object of objects) {
      const insert = db.insertInto('condemned_runs').values({ target, object, server_id, since });
      await guarded(async () => {
        await insert.execute().catch((error: unknown) => {
          if (!isUniqueViolation(error)) throw error;
        });
      });
    }
  },
  async forgive(target, objects) {
    for (const object of objects) {
      const remove = db.deleteFrom('condemned_runs').where('target', '=', target).where('object', '=', object);
      await guarded(() => remove.execute());
    }
  },
});
