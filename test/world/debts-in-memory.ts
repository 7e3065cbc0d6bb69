import type { Debt } from '../../src/domain/operations/debt.ts';
import type { Debts } from '../../src/ports/stores/debts.ts';

/** Debts without a database; `rows` is what there is. All are due whenever their pause is over by `now`. */
export function debtsInMemory(now: () => number = () => 0): Debts & { rows: Debt[] } {
  const rows: Debt[] = [];
  const at = (ms: number) => new Date(ms).toISOString();
  const of = (kind: string, subject: string) => rows.find((row) => row.kind === kind && row.subject === subject);
  return {
    rows,
    record: async (debt) => {
      const there = of(debt.kind, debt.subject);
      if (there) Object.assign(there, debt, { next_try_at: at(now()) });
      else rows.push({ ...debt, since: at(now()), tries: 0, tried_at: null, next_try_at: at(now()) });
    },
    list: async (limit) => rows.slice(0, limit),
    due: async (limit) => rows.filter((row) => row.next_try_at <= at(now())).slice(0, limit),
    settle: async (kind, subject) => {
      const row = of(kind, subject);
      if (row) rows.splice(rows.indexOf(row), 1);
    },
    attempted: async (kind, subject, why, pauseMs) => {
      const row = of(kind, subject);
      if (row) Object.assign(row, why, { tries: row.tries + 1, tried_at: at(now()), next_try_at: at(now() + pauseMs) });
    },
    summary: async () => [],
  };
}
