import { asRewindError, RewindError } from '../../domain/errors.ts';
import { type DebtKind, debtPauseMs } from '../../domain/operations/debt.ts';
import type { PeriodicJob } from '../../periodic/periodic-job.ts';
import type { Debts } from '../../ports/stores/debts.ts';
import type { Log } from '../../ports/system.ts';
import type { World } from '../../workflows/world.ts';
import type { PayDebt } from './debt-details.ts';
import { payers } from './payers.ts';

const LOOK_EVERY_MS = 15_000;
/** Far longer than a worker needs for one debt. */
const SILENT_MS = 600_000;
const MOST_AT_ONCE = 50;

export interface PayDebtsParts {
  world: World;
  debts: Debts;
  log: Log;
}

/**
 * Pays the debts that are due, one worker at a time; a debt that cannot be paid is tried again at growing intervals.
 */
export const payDebts = (parts: PayDebtsParts): PeriodicJob => ({
  name: 'debts',
  after: 'debts',
  everyMs: LOOK_EVERY_MS,
  turn: { silentMs: SILENT_MS },
  look: (over) => payDue(parts, payers, over),
});

/** One look. */
export async function payDue(
  { world, debts, log }: PayDebtsParts,
  by: Partial<Record<DebtKind, PayDebt>>,
  over: AbortSignal,
): Promise<void> {
  for (const debt of await debts.due(MOST_AT_ONCE)) {
    if (over.aborted) return;
    const facts = { kind: debt.kind, subject: debt.subject, operation_id: debt.operation_id };
    const pay = by[debt.kind];
    try {
      if (!pay) throw unknownKind();
      await pay(world, debt, over);
    } catch (error) {
      if (over.aborted) return;
      const { code, message } = asRewindError(error);
      log.warn('a debt could not be paid yet', { ...facts, tries: debt.tries + 1, err: error });
      await debts.attempted(debt.kind, debt.subject, { code, reason: message }, debtPauseMs(debt.tries + 1));
      continue;
    }
    await debts.settle(debt.kind, debt.subject);
    log.info('a debt was paid', { ...facts, since: debt.since });
  }
}

const unknownKind = (): RewindError => new RewindError('debt.unknown-kind');
