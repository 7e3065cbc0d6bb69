import type { Erasures } from '../../../ports/stores/erasures.ts';
import { guarded, isUniqueViolation } from '../database/database-trouble.ts';
import type { Database } from '../database/tables.ts';

export const sqlErasures = (db: Database): Erasures => ({
  async ofProject(projectId) {
    const select = db.selectFrom('erased_keys').select('key_id').where('project_id', '=', projectId);
    return new Set((await guarded(() => select.execute())).map((row) => row.key_id));
  },
  async remember(project_id, keyIds, erased_at) {
    for (const key_id of keyIds) {
      const insert = db.insertInto('erased_keys').values({ key_id, project_id, erased_at });
      await guarded(async () => {
        await insert.execute().catch((error: unknown) => {
          if (!isUniqueViolation(error)) throw error;
        });
      });
    }
  },
});
