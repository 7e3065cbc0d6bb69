import { asRewindError } from '../../../domain/errors.ts';
import type { NewDebt } from '../../../domain/operations/debt.ts';
import { LetGo } from '../../../workflow-engine/signals.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import type { World } from '../../world.ts';

/** What is to be owed when it cannot be done now. */
export type Owing = Pick<NewDebt, 'kind' | 'subject' | 'details'>;

/**
 * For what only cleans up: it is tried once, and what does not work out is recorded as a debt, so that no server waits for
 * it. Rejects only when the operation is not ours any more, or when the debt cannot be recorded.
 */
export async function orOwe(context: StepContext<World>, owing: Owing, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    // A killed child or a closed socket is what the abort did.
    context.signal.throwIfAborted();
    if (error instanceof LetGo) throw error;
    await owe(context, owing, error);
  }
}

/** Records the debt; `why` is what was in the way. */
async function owe(context: StepContext<World>, owing: Owing, why: unknown): Promise<void> {
  const { world, operation, log } = context;
  const { code, message } = asRewindError(why);
  await context.proveLease();
  log.warn('left for later', { kind: owing.kind, subject: owing.subject, err: why });
  await world.debts.record({
    ...owing,
    project_id: operation.project_id,
    operation_id: operation.id,
    code,
    reason: message,
  });
}
