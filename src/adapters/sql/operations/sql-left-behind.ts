import type { LeftBehind } from '../../../ports/stores/operations.ts';
import { guarded } from '../database/database-trouble.ts';
import type { Database } from '../database/tables.ts';
import { OPEN_STATUSES } from './sql-operations.ts';

/** Names of the recipes that make or hold something outside of Ceph begin with these. */
const RECIPES = ['restore-', 'revert-'] as const;
const ENDED_BADLY = ['failed', 'cancelled'] as const;

/** Which operations' journals say what is ours in Nova, Cinder and Neutron. */
export function sqlLeftBehind(db: Database): LeftBehind {
  const some = (statuses: readonly string[], most: number) =>
    db
      .selectFrom('operations')
      .select('id')
      .where('status', 'in', statuses)
      .where((row) => row.or(RECIPES.map((prefix) => row('workflow', 'like', `${prefix}%`))))
      .orderBy('created_at')
      .limit(most);
  return {
    async open(most) {
      return (await guarded(() => some(OPEN_STATUSES, most).execute())).map(({ id }) => id);
    },
    async untold(most) {
      const select = some(ENDED_BADLY, most).where('left_told', '=', 0);
      return (await guarded(() => select.execute())).map(({ id }) => id);
    },
    async told(ids) {
      if (ids.length === 0) return;
      await guarded(() => db.updateTable('operations').set({ left_told: 1 }).where('id', 'in', ids).execute());
    },
  };
}
