import type { Debt } from '../domain/operations/debt.ts';
import type { Shared } from '../wiring/shared.ts';
import type { Given } from './command-line/command.ts';

const MOST_DEBTS = 10_000;

/** Shows what could not be cleaned up yet. Resolves to true: debts are no failure of the command. */
export async function showDebts({ debts }: Pick<Shared, 'debts'>, { out }: Pick<Given, 'out'>): Promise<boolean> {
  out.whenEmpty('none');
  for (const debt of await debts.list(MOST_DEBTS)) out.row({ ...debt }, debtText(debt));
  return true;
}

/** One debt in two lines. */
export function debtText(debt: Debt): string {
  const whose = debt.project_id === null ? '' : `  project ${debt.project_id}`;
  const of = debt.operation_id === null ? '' : `  operation ${debt.operation_id}`;
  const next = debt.tries === 0 ? '' : `, ${debt.tries} tries, next ${debt.next_try_at}`;
  return `${debt.kind}  ${debt.subject}${whose}${of}\n    since ${debt.since}${next}: ${debt.code}: ${debt.reason}`;
}
