import type { Turns } from '../../../ports/stores/turns.ts';
import { exact, json, parsed } from '../database/columns.ts';
import { guarded, isUniqueViolation } from '../database/database-trouble.ts';
import type { Database } from '../database/tables.ts';

/** One statement decides: of all who saw the same beat, exactly one raises it. */
export function sqlTurns(db: Database): Turns {
  return {
    async look(name) {
      const row = await guarded(() => db.selectFrom('turns').selectAll().where('name', '=', name).executeTakeFirst());
      return row && { holder: row.holder, beat: exact(row.beat), report: parsed(row.report) };
    },
    async take(name, seen, holder, report) {
      if (seen === undefined) return await first(db, name, holder, report);
      const update = db
        .updateTable('turns')
        .set({ holder, beat: seen.beat + 1, ...(report !== undefined && { report: json(report) }) })
        .where('name', '=', name)
        .where('holder', '=', seen.holder)
        .where('beat', '=', seen.beat);
      return (await guarded(() => update.executeTakeFirst())).numUpdatedRows === 1n;
    },
  };
}

const first = (db: Database, name: string, holder: string, report: unknown): Promise<boolean> =>
  guarded(async () => {
    try {
      await db
        .insertInto('turns')
        .values({ name, holder, beat: 1, report: json(report) })
        .execute();
      return true;
    } catch (error) {
      if (isUniqueViolation(error)) return false;
      throw error;
    }
  });
