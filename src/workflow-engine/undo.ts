import { asRewindError } from '../domain/errors.ts';
import { contextOf, type Execution } from './execution.ts';
import { withRetry } from './retry.ts';
import { stepOfKey } from './run-steps.ts';
import { LetGo } from './signals.ts';
import type { AnyStep } from './step.ts';

/**
 * Puts back what the steps did, last first. A step that cannot be put back is left with its reason in the log and
 * does not keep the others from it. Returns the keys of those.
 */
export async function undoAll<W>(execution: Execution<W>, steps: readonly AnyStep<W>[]): Promise<string[]> {
  const left: string[] = [];
  for (const entry of [...execution.entries.values()].sort((a, b) => b.seq - a.seq)) {
    if (entry.state === 'undone') continue;
    const step = stepOfKey(steps, entry.key);
    if (!step?.undo) continue;
    const context = contextOf(execution, entry.key, execution.lease.lost, () => true);
    execution.boundary(entry.key, 'before-undo');
    try {
      await withRetry(
        execution.clock,
        {
          signal: execution.lease.lost,
          again: (error, sinceFirstMs) => error.fault !== 'bug' && sinceFirstMs < execution.retry.budgetMs,
          onTrouble: async (error) => context.log.warn('undo has trouble, trying again', { err: error }),
        },
        async () => {
          await execution.lease.prove();
          await step.undo?.(context, entry.input, entry.state === 'done' ? entry.output : undefined);
        },
      );
      await execution.journal.markUndone(execution.operation.id, execution.fence, entry.key);
      execution.boundary(entry.key, 'after-undo');
    } catch (error) {
      if (error instanceof LetGo) throw error;
      context.log.error('could not be put back', { err: asRewindError(error) });
      left.push(entry.key);
    }
  }
  return left;
}
