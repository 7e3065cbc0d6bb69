import type { ShownStep } from '../../../domain/operations/operation.ts';
import type { Operations } from '../../../ports/stores/operations.ts';
import type { Clock } from '../../../ports/system.ts';
import { guarded } from '../database/database-trouble.ts';
import type { Database } from '../database/tables.ts';
import { countRows, listRows } from '../lists/list-rows.ts';
import { inTheWay } from './held-things.ts';
import { listedOperationOf, operationOf } from './operation-row.ts';
import { forgetOperation, recordOperation } from './record-operation.ts';

export const OPEN_STATUSES = ['queued', 'running'] as const;
const ENDED_STATUSES = ['succeeded', 'failed', 'cancelled'] as const;

/** Operations as the API sees them: recorded, looked at, asked to stop; never run. */
export function sqlOperations(db: Database, clock: Clock): Operations {
  return {
    record: (entry) => recordOperation(db, entry),
    forget: (operationId) => forgetOperation(db, operationId),
    async operation(id, projectId) {
      let select = db.selectFrom('operations').selectAll().where('id', '=', id);
      if (projectId !== null) select = select.where('project_id', '=', projectId);
      const row = await guarded(() => select.executeTakeFirst());
      return row && operationOf(row);
    },
    list: async (query) => (await listRows(db, 'operations', query)).map(listedOperationOf),
    count: (query) => countRows(db, 'operations', query),
    async steps(operationId) {
      const select = db
        .selectFrom('journal')
        .select(['seq', 'key', 'state', 'started_at', 'finished_at'])
        .where('operation_id', '=', operationId)
        .orderBy('seq');
      const rows = await guarded(() => select.execute());
      return rows.map((row) => ({ ...row, state: row.state as ShownStep['state'] }));
    },
    async holderOf(thing) {
      return (await guarded(() => inTheWay(db, [{ thing, exclusive: true }])))?.id;
    },
    inTheWay: (holds) => guarded(() => inTheWay(db, holds)),
    async requestCancel(id) {
      const update = db
        .updateTable('operations')
        .set({ cancel_requested: 1, updated_at: new Date(clock.now()).toISOString() })
        .where('id', '=', id)
        .where('status', 'in', OPEN_STATUSES);
      await guarded(() => update.execute());
    },
    async prune(endedBefore, most) {
      const old = db
        .selectFrom('operations')
        .select('id')
        .where('status', 'in', ENDED_STATUSES)
        // There is an index on the time of the request, which is earlier.
        .where('created_at', '<', endedBefore)
        .where('finished_at', '<', endedBefore)
        .limit(most);
      const ids = (await guarded(() => old.execute())).map((row) => row.id);
      if (ids.length > 0) await guarded(() => db.deleteFrom('operations').where('id', 'in', ids).execute());
      return ids.length;
    },
    async countOpen(projectId) {
      const select = db
        .selectFrom('operations')
        .select((eb) => eb.fn.countAll().as('n'))
        .where('project_id', '=', projectId)
        .where('status', 'in', OPEN_STATUSES);
      return Number((await guarded(() => select.executeTakeFirstOrThrow())).n);
    },
  };
}
