import { asRewindError } from '../domain/errors.ts';
import { contextOf, type Execution, failureOf, withinBudget } from './execution.ts';
import { withRetry } from './retry.ts';
import { stepOfKey } from './run-steps.ts';
import { LetGo } from './signals.ts';

/**
 * Undoes what the steps did, last first. A step that cannot be undone is left, with its reason in the log; it neither
 * keeps the others from being undone nor holds the server: all of them together are retried for no longer than one step
 * may be, then each once. Returns the keys of those that are left.
 */
export async function undoAll<W>(execution: Execution<W>): Promise<string[]> {
  const left: string[] = [];
  const within = withinBudget(execution);
  let spentMs = 0;
  for (const entry of [...execution.entries.values()].sort((a, b) => b.seq - a.seq)) {
    if (entry.state === 'undone') continue;
    const step = stepOfKey(execution.steps, entry.key);
    if (!step) {
      execution.log.error('could not be put back: this release does not know the step', { step: entry.key });
      left.push(entry.key);
      continue;
    }
    if (!step.undo) continue;
    const running = execution.running.begin(execution.log.with({ step: entry.key }), execution.clock.monotonic());
    const context = contextOf(execution, entry.key, execution.lease.lost, () => true, running);
    let troubleMs = 0;
    execution.boundary(entry.key, 'before-undo');
    context.log.info('undo begun');
    try {
      await withRetry(
        execution.clock,
        {
          signal: execution.lease.lost,
          again(error, trouble) {
            troubleMs = trouble.sinceMs;
            return error.fault !== 'bug' && within({ retry: true }, { ...trouble, sinceMs: spentMs + troubleMs });
          },
          moved: () => running.moved,
          onTrouble: async (error) => {
            running.trouble = failureOf(error);
            context.log.warn('undo has trouble, trying again', { err: error });
          },
        },
        async () => {
          await execution.lease.prove();
          await step.undo?.(context, entry.input, entry.state === 'done' ? entry.output : undefined);
        },
      );
      await execution.journal.markUndone(execution.operation.id, execution.fence, entry.key);
      entry.state = 'undone';
      execution.boundary(entry.key, 'after-undo');
    } catch (error) {
      if (error instanceof LetGo) throw error;
      context.log.error('could not be put back', { err: asRewindError(error) });
      left.push(entry.key);
    } finally {
      spentMs += troubleMs;
      execution.running.end(running);
    }
  }
  return left;
}
