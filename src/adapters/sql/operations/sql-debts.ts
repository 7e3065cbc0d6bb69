import type { Debt, DebtKind, NewDebt } from '../../../domain/operations/debt.ts';
import type { Debts } from '../../../ports/stores/debts.ts';
import type { Clock } from '../../../ports/system.ts';
import { exact, json, parsed } from '../database/columns.ts';
import { guarded, isUniqueViolation } from '../database/database-trouble.ts';
import type { Database, DebtRow } from '../database/tables.ts';

export function sqlDebts(db: Database, clock: Clock): Debts {
  const now = () => new Date(clock.now()).toISOString();
  /** False: it exists already. */
  const insert = (row: DebtRow): Promise<boolean> =>
    guarded(async () => {
      try {
        await db.insertInto('debts').values(row).execute();
        return true;
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    });
  return {
    async record(debt) {
      if (await insert(freshRow(debt, now()))) return;
      const { details, project_id, operation_id, code, reason } = freshRow(debt, now());
      const update = db
        .updateTable('debts')
        .set({ details, project_id, operation_id, code, reason, next_try_at: now() })
        .where('kind', '=', debt.kind)
        .where('subject', '=', debt.subject);
      await guarded(() => update.execute());
    },
    async list(limit) {
      const select = db.selectFrom('debts').selectAll().orderBy('since').orderBy('kind').orderBy('subject');
      return (await guarded(() => select.limit(limit).execute())).map(debtOf);
    },
    async due(limit) {
      const select = db.selectFrom('debts').selectAll().where('next_try_at', '<=', now()).orderBy('next_try_at');
      return (await guarded(() => select.limit(limit).execute())).map(debtOf);
    },
    async settle(kind, subject) {
      await guarded(() => db.deleteFrom('debts').where('kind', '=', kind).where('subject', '=', subject).execute());
    },
    async attempted(kind, subject, { code, reason }, pauseMs) {
      const next_try_at = new Date(clock.now() + pauseMs).toISOString();
      const update = db
        .updateTable('debts')
        .set((row) => ({ code, reason, next_try_at, tried_at: now(), tries: row('tries', '+', 1) }))
        .where('kind', '=', kind)
        .where('subject', '=', subject);
      await guarded(() => update.execute());
    },
    async summary() {
      const select = db
        .selectFrom('debts')
        .select(({ fn }) => ['kind', fn.countAll<number>().as('count'), fn.min('since').as('oldest')])
        .groupBy('kind')
        .orderBy('kind');
      const rows = await guarded(() => select.execute());
      return rows.map(({ kind, count, oldest }) => ({ kind: kind as DebtKind, count: Number(count), oldest }));
    },
  };
}

const freshRow = (debt: NewDebt, at: string): DebtRow => ({
  kind: debt.kind,
  subject: debt.subject,
  details: json(debt.details),
  project_id: debt.project_id,
  operation_id: debt.operation_id,
  code: debt.code,
  reason: debt.reason,
  since: at,
  tries: 0,
  tried_at: null,
  next_try_at: at,
});

const debtOf = (row: DebtRow): Debt => ({
  ...row,
  kind: row.kind as DebtKind,
  details: parsed(row.details),
  tries: exact(row.tries),
});
