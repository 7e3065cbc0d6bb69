import type { OperationFailure } from '../../../domain/operations/operation.ts';
import type { OperationStanding } from '../../../domain/operations/operation-standing.ts';
import { parsedOrNull } from '../database/columns.ts';
import { guarded } from '../database/database-trouble.ts';
import type { Database } from '../database/tables.ts';

/** Operation → its state. Unknown ones are left out. At most some hundred ids. */
export async function operationStandings(
  db: Database,
  ids: readonly string[],
): Promise<Map<string, OperationStanding>> {
  if (ids.length === 0) return new Map();
  const select = db
    .selectFrom('operations')
    .leftJoin('backups', 'backups.id', 'operations.resource_id')
    .leftJoin('snapshots', 'snapshots.id', 'operations.resource_id')
    .leftJoin('restores', 'restores.id', 'operations.resource_id')
    .select(['operations.id', 'resource_type', 'resource_id', 'undoing', 'fence', 'worker', 'look_at', 'trouble'])
    .select(['operations.updated_at', 'backups.server_id as of_backup'])
    .select(['snapshots.server_id as of_snapshot', 'restores.server_id as of_restore'])
    .where('operations.id', 'in', ids);
  const lines = db
    .selectFrom('journal')
    .select(['operation_id', 'key', 'state'])
    .where('operation_id', 'in', ids)
    .where('state', '!=', 'undone')
    .orderBy('seq');
  const [rows, journal] = await guarded(() => Promise.all([select.execute(), lines.execute()]));
  const journals = Map.groupBy(journal, (line) => line.operation_id);
  return new Map(
    rows.map((row) => {
      const steps = journals.get(row.id) ?? [];
      const now = row.undoing === 1 ? steps.slice(-1) : steps.filter(({ state }) => state === 'intended');
      const ofServer = row.resource_type === 'server' ? row.resource_id : null;
      return [
        row.id,
        {
          steps: now.map(({ key }) => key),
          ...{ worker: row.worker, look_at: row.look_at },
          beat_at: Number(row.fence) === 0 ? null : row.updated_at,
          trouble: parsedOrNull<OperationFailure>(row.trouble),
          server_id: row.of_backup ?? row.of_snapshot ?? row.of_restore ?? ofServer,
        },
      ];
    }),
  );
}
