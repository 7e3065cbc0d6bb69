import type { Policies } from '../../../ports/stores/policies.ts';
import { guarded, transact } from '../database/database-trouble.ts';
import type { Database } from '../database/tables.ts';
import { countRows, listRows } from '../lists/list-rows.ts';
import { runChangeRow, runOf } from './policy-row.ts';

/** For all projects together. */
const MOST_DUE_RUNS = 10_000;

type Runs = Pick<Policies, 'policyRun' | 'listPolicyRuns' | 'countPolicyRuns' | 'dueRuns' | 'changeRun' | 'pruneRuns'>;

/** What policies have planned, and the outcome. */
export function sqlPolicyRuns(db: Database, now: () => string): Runs {
  return {
    async policyRun(id, projectId) {
      let select = db.selectFrom('policy_runs').selectAll().where('id', '=', id);
      if (projectId !== null) select = select.where('project_id', '=', projectId);
      const row = await guarded(() => select.executeTakeFirst());
      return row && runOf(row);
    },
    listPolicyRuns: async (query) => (await listRows(db, 'policy_runs', query)).map(runOf),
    countPolicyRuns: (query) => countRows(db, 'policy_runs', query),
    async dueRuns(at, each) {
      // Only ids are ranked: so the sorted data stay small, however many wait.
      const ranked = db
        .selectFrom('policy_runs')
        .select((eb) => [
          'id',
          eb.fn
            .agg<number>('row_number')
            .over((over) => over.partitionBy('project_id').orderBy('updated_at').orderBy('id'))
            .as('place'),
        ])
        .where('status', '=', 'waiting')
        .where('due_at', '<=', at)
        .as('ranked');
      const select = db
        .selectFrom(ranked)
        .innerJoin('policy_runs', 'policy_runs.id', 'ranked.id')
        .selectAll('policy_runs')
        .where('ranked.place', '<=', each)
        .orderBy('ranked.place')
        .orderBy('policy_runs.due_at')
        .orderBy('policy_runs.id')
        .limit(MOST_DUE_RUNS);
      return (await guarded(() => select.execute())).map(runOf);
    },
    changeRun: (id, from, change, message) =>
      transact(db, async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('policy_runs')
          .set({ updated_at: now(), ...runChangeRow(change) })
          .where('id', '=', id)
          .where('status', '=', from)
          .executeTakeFirst();
        if (numUpdatedRows !== 1n) return false;
        if (message) await tx.insertInto('messages').values(message).execute();
        return true;
      }),
    async pruneRuns(before) {
      const old = db
        .deleteFrom('policy_runs')
        .where('status', 'not in', ['waiting', 'submitted'])
        .where('updated_at', '<', before);
      await guarded(() => old.execute());
    },
  };
}
