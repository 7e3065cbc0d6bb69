import type { Workers } from '../../../ports/stores/workers.ts';
import { guarded, transact } from '../database/database-trouble.ts';
import type { Database } from '../database/tables.ts';

const MOST_WORKERS = 5_000;

export function sqlWorkers(db: Database): Workers {
  return {
    async tell({ release, ...report }, forgetBefore) {
      await transact(db, async (tx) => {
        await tx
          .replaceInto('workers')
          .values({ ...report, release_name: release })
          .execute();
        await tx.deleteFrom('workers').where('seen_at', '<', forgetBefore).execute();
      });
    },
    async leave(worker) {
      await guarded(() => db.deleteFrom('workers').where('worker', '=', worker).execute());
    },
    async seenSince(at) {
      const select = db.selectFrom('workers').selectAll().where('seen_at', '>=', at).orderBy('worker');
      const rows = await guarded(() => select.limit(MOST_WORKERS).execute());
      return rows.map(({ release_name, ...row }) => ({ ...row, release: release_name }));
    },
  };
}
