import type { Transaction } from 'kysely';
import { RewindError } from '../../../domain/errors.ts';
import type { BackupPolicy, PolicyRun } from '../../../domain/policies/backup-policy.ts';
import type { Policies } from '../../../ports/stores/policies.ts';
import type { Clock } from '../../../ports/system.ts';
import { guarded, isUniqueViolation, transact } from '../database/database-trouble.ts';
import type { Database, Tables } from '../database/tables.ts';
import { countRows, listRows } from '../lists/list-rows.ts';
import { policyChangeRow, policyOf, policyRow, runRow } from './policy-row.ts';
import { takeQuotaTurn } from './quota-turn.ts';
import { sqlPolicyRuns } from './sql-policy-runs.ts';

/** Number of trusts that one look of the scheduler drops. */
const MOST_TRUSTS = 200;

/** Policies, what they have planned, and trusts that nobody needs any more. */
export function sqlPolicies(db: Database, clock: Clock): Policies {
  const now = (): string => new Date(clock.now()).toISOString();
  return {
    ...sqlPolicyRuns(db, now),
    ...trusts(db, clock),
    async policy(id, projectId) {
      let select = db.selectFrom('policies').selectAll().where('id', '=', id);
      if (projectId !== null) select = select.where('project_id', '=', projectId);
      const row = await guarded(() => select.executeTakeFirst());
      return row && policyOf(row);
    },
    listPolicies: async (query) => (await listRows(db, 'policies', query)).map(policyOf),
    countPolicies: (query) => countRows(db, 'policies', query),
    createPolicy: (policy, most) =>
      transact(db, async (tx) => {
        await takeQuotaTurn(tx, policy.project_id);
        const row = await tx
          .selectFrom('policies')
          .select((eb) => eb.fn.countAll().as('n'))
          .where('project_id', '=', policy.project_id)
          .executeTakeFirstOrThrow();
        if (Number(row.n) >= most) throw tooMany(most);
        await tx.insertInto('policies').values(policyRow(policy)).execute();
        await trustIsUsed(tx, policy.trust_id);
      }),
    updatePolicy: (id, change) =>
      transact(db, async (tx) => {
        const columns = { updated_at: now(), ...policyChangeRow(change) };
        await tx.updateTable('policies').set({ id }).where('id', '=', id).execute();
        if (change.trust_id !== undefined) await keepTrustInMind(tx, id, change.trust_id, now());
        const { numUpdatedRows } = await tx
          .updateTable('policies')
          .set(columns)
          .where('id', '=', id)
          .executeTakeFirst();
        if (numUpdatedRows === 1n) await trustIsUsed(tx, change.trust_id);
      }),
    removePolicy: (id) =>
      transact(db, async (tx) => {
        await tx.updateTable('policies').set({ id }).where('id', '=', id).execute();
        await keepTrustInMind(tx, id, null, now());
        await tx.deleteFrom('policies').where('id', '=', id).execute();
      }),
    async newestPoints(projectId) {
      let select = db
        .selectFrom('backups')
        .select((eb) => ['server_id', eb.fn.max('data_timestamp').as('newest')])
        .where('status', '=', 'available')
        .groupBy('server_id');
      if (projectId !== null) select = select.where('project_id', '=', projectId);
      const rows = await guarded(() => select.execute());
      return new Map(rows.flatMap(({ server_id, newest }) => (newest === null ? [] : [[server_id, newest]])));
    },
    async duePolicies(at, most) {
      const select = db
        .selectFrom('policies')
        .selectAll()
        .where('enabled', '=', 1)
        .where('next_run_at', '<=', at)
        .orderBy('next_run_at')
        .orderBy('id')
        .limit(most);
      return (await guarded(() => select.execute())).map(policyOf);
    },
    plan: (seen, change, runs, messages = []) =>
      transact(db, async (tx) => {
        if (!(await moveOn(tx, seen, change))) return false;
        for (const run of runs) await addRun(tx, run);
        for (const message of messages) await tx.insertInto('messages').values(message).execute();
        return true;
      }),
  };
}

type Tx = Transaction<Tables>;

async function moveOn(tx: Tx, seen: BackupPolicy, change: Partial<BackupPolicy>): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('policies')
    .set(policyChangeRow(change))
    .where('id', '=', seen.id)
    .where('enabled', '=', 1)
    .where('next_run_at', '=', seen.next_run_at)
    .where('updated_at', '=', seen.updated_at)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** The unique key over policy, server, target and planned time makes it happen only once. */
async function addRun(tx: Tx, run: PolicyRun): Promise<void> {
  try {
    await tx.insertInto('policy_runs').values(runRow(run)).execute();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
  }
}

/** In the transaction that forgets the trust, so that no crash leaves an unknown trust behind. */
async function keepTrustInMind(tx: Tx, policyId: string, next: string | null, now: string): Promise<void> {
  const row = await tx.selectFrom('policies').select('trust_id').where('id', '=', policyId).executeTakeFirst();
  if (!row?.trust_id || row.trust_id === next) return;
  await tx.replaceInto('old_trusts').values({ trust_id: row.trust_id, created_at: now }).execute();
}

const trustIsUsed = async (tx: Tx, trustId: string | null | undefined): Promise<void> => {
  if (trustId) await tx.deleteFrom('old_trusts').where('trust_id', '=', trustId).execute();
};

/** No request takes this long. */
const SAVED_WITHIN_MS = 900_000;

function trusts(db: Database, clock: Clock): Pick<Policies, 'oldTrusts' | 'trustGone' | 'trustMade'> {
  return {
    async trustMade(trust_id) {
      // After this time nobody needs it.
      const created_at = new Date(clock.now() + SAVED_WITHIN_MS).toISOString();
      await guarded(() => db.replaceInto('old_trusts').values({ trust_id, created_at }).execute());
    },
    async oldTrusts() {
      const select = db
        .selectFrom('old_trusts')
        .select('trust_id')
        .where('created_at', '<=', new Date(clock.now()).toISOString())
        .orderBy('created_at')
        .limit(MOST_TRUSTS);
      return (await guarded(() => select.execute())).map((row) => row.trust_id);
    },
    async trustGone(trustId) {
      await guarded(() => db.deleteFrom('old_trusts').where('trust_id', '=', trustId).execute());
    },
  };
}

const tooMany = (most: number): RewindError =>
  new RewindError('quota.policies', `The project has ${most} policies, which is the most it may have.`);
