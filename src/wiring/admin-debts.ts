import type { Debt } from '../domain/debt.ts';
import type { Shared } from './shared.ts';

const MOST_DEBTS = 10_000;

export const DEBTS_USAGE = `       rewind admin debts          what could not be cleaned up yet, and why; --json: as JSON
`;

/** Resolves to true: debts are no failure of the command. */
export async function showDebts({ debts }: Pick<Shared, 'debts'>, rest: readonly string[]): Promise<boolean> {
  const all = await debts.list(MOST_DEBTS);
  process.stdout.write(rest.includes('--json') ? `${JSON.stringify(all, null, 2)}\n` : debtLines(all));
  return true;
}

/** One debt on two lines. */
export function debtLines(debts: readonly Debt[]): string {
  const lines = debts.map((debt) => {
    const whose = debt.project_id === null ? '' : `  project ${debt.project_id}`;
    const of = debt.operation_id === null ? '' : `  operation ${debt.operation_id}`;
    const next = debt.tries === 0 ? '' : `, ${debt.tries} tries, next ${debt.next_try_at}`;
    return `${debt.kind}  ${debt.subject}${whose}${of}\n    since ${debt.since}${next}: ${debt.code}: ${debt.reason}\n`;
  });
  return lines.length === 0 ? 'none\n' : lines.join('');
}
