import type { Debt, DebtKind, DebtSummary, NewDebt } from '../../domain/operations/debt.ts';

/** What was left behind and has to go yet. A debt is named by its kind and its subject. */
export interface Debts {
  /** Idempotent: one that is there keeps its time and its tries, and gets the new details and words. Due at once. */
  record(debt: NewDebt): Promise<void>;
  /** The oldest first, at most `limit`. */
  list(limit: number): Promise<Debt[]>;
  /** Those whose next try is due, the one that waits longest first. */
  due(limit: number): Promise<Debt[]>;
  /** It is paid, or there is nothing to pay any more. Idempotent. */
  settle(kind: DebtKind, subject: string): Promise<void>;
  /** A try that failed; `pauseMs`: until the next one. */
  attempted(kind: DebtKind, subject: string, why: { code: string; reason: string }, pauseMs: number): Promise<void>;
  summary(): Promise<DebtSummary[]>;
}
