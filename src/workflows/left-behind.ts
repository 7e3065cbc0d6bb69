import { asRewindError, RewindError } from '../domain/errors.ts';
import type { OperationEnding } from '../workflow-engine/execution.ts';
import { heldHoldings } from './holdings/held.ts';
import type { Holding, Lines } from './holdings/holding.ts';
import { madeHoldings } from './holdings/made.ts';
import type { World } from './world.ts';

/**
 * Everything outside of Ceph that an operation made or holds, and has neither given to its project nor reverted.
 * Derived from its journal alone: marks that tenants can write prove nothing.
 */
export function holdingsOf(lines: Lines): Holding[] {
  const made = madeHoldings(lines);
  return [...made, ...heldHoldings(lines, made)];
}

/** Called at an operation's end: whatever it leaves behind becomes a debt, however it ends and whoever ends it. */
export async function oweLeft({ world, operation, entries, log }: OperationEnding<World>): Promise<void> {
  for (const { what, id, owing, undecided } of holdingsSafely({ operation, entries }, log)) {
    const facts = { what, id, kind: owing.kind, subject: owing.subject };
    if (undecided) {
      log.error('left as it is: the disks are between two states', facts);
      continue;
    }
    log.warn('left behind, to be cleaned up', facts);
    const { code, message } = leftOver();
    await world.debts.record({
      ...owing,
      ...{ project_id: operation.project_id, operation_id: operation.id, code, reason: message },
    });
  }
}

/** An operation must end, whatever is in its journal. */
function holdingsSafely(lines: Lines, log: OperationEnding<World>['log']): Holding[] {
  try {
    return holdingsOf(lines);
  } catch (error) {
    log.error('nobody can tell from the journal what is left behind', { err: asRewindError(error) });
    return [];
  }
}

const leftOver = (): RewindError => new RewindError('debt.left-over');
