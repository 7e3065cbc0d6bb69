import { Gauge, type Registry } from 'prom-client';
import type { DebtSummary } from '../domain/operations/debt.ts';

/**
 * What still has to be cleaned up, from the database. `summary` is called at each scrape; when it fails the figures are
 * left out.
 */
export function debtMetrics(registers: Registry[], summary: () => Promise<DebtSummary[]>): void {
  const figure = (name: string, help: string, of: (one: DebtSummary) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['kind'] as const,
      registers,
      async collect() {
        this.reset();
        for (const one of await summary().catch(() => [])) this.set({ kind: one.kind }, of(one));
      },
    });
  };
  figure('rewind_debts', 'What could not be cleaned up yet, by kind', (one) => one.count);
  figure(
    'rewind_debts_oldest_timestamp_seconds',
    'Since when the oldest of them waits',
    (one) => Date.parse(one.oldest) / 1000,
  );
}
