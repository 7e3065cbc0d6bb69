import type { Debt, DebtKind, DebtSummary, NewDebt } from '../../domain/operations/debt.ts';

/** What was left behind and still has to go. A debt is identified by its kind and its subject. */
export interface Debts {
  /** Idempotent: an existing debt keeps its time and its tries, and gets the new details and texts. Due at once. */
  record(debt: NewDebt): Promise<void>;
  /** The oldest first, at most `limit`. */
  list(limit: number): Promise<Debt[]>;
  /** Those whose next try is due, the longest waiting first. */
  due(limit: number): Promise<Debt[]>;
  /** The debt is paid, or there is nothing to pay any more. Idempotent. */
  settle(kind: DebtKind, subject: string): Promise<void>;
  /** Records a failed try; `pauseMs`: the time until the next one. */
  attempted(kind: DebtKind, subject: string, why: { code: string; reason: string }, pauseMs: number): Promise<void>;
  summary(): Promise<DebtSummary[]>;
}
