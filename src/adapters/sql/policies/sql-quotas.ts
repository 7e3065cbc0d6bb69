import { sql, type Transaction } from 'kysely';
import { isReached, type Limits, overQuota, type QuotaResource } from '../../../domain/operations/quota.ts';
import { SAVED_MEMORY } from '../../../domain/points/memory-point.ts';
import type { NewOperation } from '../../../ports/stores/operations.ts';
import type { Quotas } from '../../../ports/stores/quotas.ts';
import { guarded, transact } from '../database/database-trouble.ts';
import type { Database, Tables } from '../database/tables.ts';
import { takeQuotaTurn } from './quota-turn.ts';

type Reads = Database | Transaction<Tables>;

export function sqlQuotas(db: Database): Quotas {
  return {
    async ofProject(projectId) {
      const select = db.selectFrom('quotas').select(['resource', 'most']).where('project_id', '=', projectId);
      const rows = await guarded(() => select.execute());
      return Object.fromEntries(rows.map(({ resource, most }) => [resource, Number(most)]));
    },
    set: (project_id, limits) =>
      transact(db, async (tx) => {
        for (const [resource, most] of Object.entries(limits))
          await tx.replaceInto('quotas').values({ project_id, resource, most }).execute();
      }),
    async clear(projectId) {
      await guarded(() => db.deleteFrom('quotas').where('project_id', '=', projectId).execute());
    },
    used: (projectId) => guarded(() => usedBy(db, projectId)),
  };
}

/**
 * The first statement of the transaction that records an operation: requests of a project take turns, so that the
 * counts are right. @throws RewindError `quota.points`, `quota.bytes`, `quota.snapshot-bytes`, `quota.operations` (403)
 */
export async function requireQuota(tx: Transaction<Tables>, entry: NewOperation): Promise<void> {
  if (!entry.limits) return;
  const { project_id } = entry.operation;
  await takeQuotaTurn(tx, project_id);
  const used = await usedBy(tx, project_id);
  const makes: QuotaResource[] = ['operations'];
  if (entry.backup) makes.push('points', 'bytes');
  if (entry.snapshot) makes.push('points', 'snapshot_bytes');
  for (const resource of makes) {
    if (isReached(entry.limits[resource], used[resource])) throw overQuota(resource, entry.limits[resource]);
  }
}

/** Both databases have the same functions for JSON; a snapshot without memory has none to be read. */
const MEMORY_BYTES = sql<
  number | null
>`sum(case when memory = 1 then json_extract(environment, ${`$.${SAVED_MEMORY}.bytes`}) end)`;

async function usedBy(db: Reads, projectId: string): Promise<Limits> {
  const POINT = ['creating', 'available', 'deleting'];
  const backups = await db
    .selectFrom('backups')
    .select((eb) => [eb.fn.countAll().as('n'), eb.fn.sum('stored_bytes').as('bytes')])
    .where('project_id', '=', projectId)
    .where('status', 'in', POINT)
    .executeTakeFirstOrThrow();
  const snapshots = await db
    .selectFrom('snapshots')
    .select((eb) => [eb.fn.countAll().as('n'), eb.fn.sum('size_bytes').as('bytes'), MEMORY_BYTES.as('memory')])
    .where('project_id', '=', projectId)
    .where('status', 'in', POINT)
    .executeTakeFirstOrThrow();
  const operations = await db
    .selectFrom('operations')
    .select((eb) => eb.fn.countAll().as('n'))
    .where('project_id', '=', projectId)
    .where('status', 'in', ['queued', 'running'])
    .executeTakeFirstOrThrow();
  const points = Number(backups.n) + Number(snapshots.n);
  const snapshot_bytes = Number(snapshots.bytes ?? 0) + Number(snapshots.memory ?? 0);
  return { points, bytes: Number(backups.bytes ?? 0), snapshot_bytes, operations: Number(operations.n) };
}
