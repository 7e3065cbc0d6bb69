import { hasCode } from '../domain/errors.ts';
import type { Operation } from '../domain/operations/operation.ts';
import { type OperationPlan, queuedOperation } from '../domain/operations/queued-operation.ts';
import type { JobQueue } from '../ports/queue.ts';
import type { NewOperation, Operations } from '../ports/stores/operations.ts';
import type { Clock, Ids } from '../ports/system.ts';

export interface AskingParts {
  operations: Pick<Operations, 'record'>;
  queue: Pick<JobQueue, 'enqueue'>;
  clock: Pick<Clock, 'now'>;
  ids: Ids;
  deadlineHours: number;
}

/** User id that is recorded for operations that Rewind starts itself. */
const OURSELVES = 'rewind';

/**
 * Records an operation that no user asked for, with what `entry` adds to it, and delivers it. Undefined: another
 * operation holds what it needs; its turn comes again. Rejects like `Operations.record`.
 */
export async function askOurselves(
  { operations, queue, clock, ids, deadlineHours }: AskingParts,
  plan: Omit<OperationPlan, 'id'>,
  entry: (operation: Operation) => Omit<NewOperation, 'operation'>,
): Promise<Operation | undefined> {
  const id = ids.uuid();
  const asker = { userId: OURSELVES, requestId: `req-${ids.uuid()}`, globalRequestId: null };
  const operation = queuedOperation({ id, ...plan }, asker, clock.now(), deadlineHours);
  try {
    await operations.record({ operation, ...entry(operation) });
  } catch (error) {
    if (hasCode(error, 'server.busy')) return undefined;
    throw error;
  }
  // If this gets lost, the watch over open operations delivers it.
  await queue.enqueue(operation.id, '0').catch(() => undefined);
  return operation;
}
