import type { Transaction } from 'kysely';
import { RewindError } from '../../domain/errors.ts';
import { isReached, type Limits, type QuotaResource } from '../../domain/quota.ts';
import type { Quotas } from '../../ports/quotas.ts';
import type { NewOperation } from '../../ports/stores.ts';
import { guarded, transact } from './database-trouble.ts';
import { takeQuotaTurn } from './quota-turn.ts';
import type { Database, Tables } from './tables.ts';

type Sql = Database | Transaction<Tables>;

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
 * In the transaction that records an operation, first of all: requests of a project take turns, so that what is counted
 * is what there is. @throws RewindError `quota.points`, `quota.bytes`, `quota.operations` (403)
 */
export async function requireQuota(tx: Transaction<Tables>, entry: NewOperation): Promise<void> {
  if (!entry.limits) return;
  const { project_id } = entry.operation;
  await takeQuotaTurn(tx, project_id);
  const used = await usedBy(tx, project_id);
  const makes: QuotaResource[] = ['operations'];
  if (entry.backup) makes.push('points', 'bytes');
  if (entry.snapshot) makes.push('points');
  for (const resource of makes) {
    if (isReached(entry.limits[resource], used[resource])) throw overQuota(resource, entry.limits[resource]);
  }
}

async function usedBy(sql: Sql, projectId: string): Promise<Limits> {
  const POINT = ['creating', 'available', 'deleting'];
  const backups = await sql
    .selectFrom('backups')
    .select((eb) => [eb.fn.countAll().as('n'), eb.fn.sum('stored_bytes').as('bytes')])
    .where('project_id', '=', projectId)
    .where('status', 'in', POINT)
    .executeTakeFirstOrThrow();
  const snapshots = await sql
    .selectFrom('snapshots')
    .select((eb) => eb.fn.countAll().as('n'))
    .where('project_id', '=', projectId)
    .where('status', 'in', POINT)
    .executeTakeFirstOrThrow();
  const operations = await sql
    .selectFrom('operations')
    .select((eb) => eb.fn.countAll().as('n'))
    .where('project_id', '=', projectId)
    .where('status', 'in', ['queued', 'running'])
    .executeTakeFirstOrThrow();
  const points = Number(backups.n) + Number(snapshots.n);
  return { points, bytes: Number(backups.bytes ?? 0), operations: Number(operations.n) };
}

const WORDS: Record<QuotaResource, [what: string, hint: string]> = {
  points: ['backups and snapshots', 'Delete some, or ask for more quota.'],
  bytes: ['bytes on targets', 'Delete backups, or ask for more quota.'],
  operations: ['open operations', 'Wait until one of them has finished.'],
};

export function overQuota(resource: QuotaResource, limit: number): RewindError {
  const [what, hint] = WORDS[resource];
  const detail = `The project has used its quota of ${limit} ${what}.`;
  return new RewindError(`quota.${resource}`, detail, { status: 403, hint });
}
