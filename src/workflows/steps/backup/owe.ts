import { asRewindError } from '../../../domain/errors.ts';
import type { NewDebt } from '../../../domain/operations/debt.ts';
import { LetGo } from '../../../workflow-engine/signals.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import type { World } from '../../world.ts';

/** The debt that is recorded when this cannot be done now. */
export type Owing = Pick<NewDebt, 'kind' | 'subject' | 'details'>;

/**
 * For acts that only clean up: the act is tried once, and a failure is recorded as a debt, so that no server waits for
 * it. Rejects only when the operation is not ours any more, or when the debt cannot be recorded.
 */
export async function orOwe(context: StepContext<World>, owing: Owing, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    // The abort itself kills children and closes sockets.
    context.signal.throwIfAborted();
    if (error instanceof LetGo) throw error;
    await owe(context, owing, error);
  }
}

/** Records the debt; `why` is what prevented the act. */
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
