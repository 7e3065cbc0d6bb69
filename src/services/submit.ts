import { asRewindError, RewindError } from '../domain/errors.ts';
import type { NewOperation } from '../ports/stores.ts';
import { type Conflict, conflict, refuseFirst } from './conflict.ts';
import type { ServiceDeps } from './deps.ts';
import { inTurn } from './in-turn.ts';

const FIRST_DELIVERY = '0';

/**
 * Records an accepted request and hands it to the workers. Rejects with `quota.operations` (403), `server.busy` (409)
 * or `queue.unavailable` (503); then nothing of it remains.
 */
export async function submit(deps: ServiceDeps, entry: NewOperation): Promise<void> {
  const { operation } = entry;
  await inTurn(deps.operations, operation.project_id, async () => {
    refuseFirst(await quotaConflicts(deps, operation.project_id));
    await deps.operations.record(entry);
  });
  try {
    await deps.queue.enqueue(operation.id, FIRST_DELIVERY);
  } catch (error) {
    await takeBack(deps, operation.id, error);
  }
}

export async function quotaConflicts(deps: ServiceDeps, projectId: string): Promise<Conflict[]> {
  const limit = deps.settings.maxOpenOperationsPerProject;
  if ((await deps.operations.countOpen(projectId)) < limit) return [];
  const detail = `The project has ${limit} operations open, which is the most it may have.`;
  return [conflict('quota.operations', detail, 'Wait until one of them has finished.', 403)];
}

/** A queue that says no may have taken the job all the same; when a worker has begun it, the request was accepted. */
async function takeBack(deps: ServiceDeps, operationId: string, cause: unknown): Promise<void> {
  deps.log.error('operation could not be queued', { operation_id: operationId, err: asRewindError(cause) });
  const forgotten = await deps.operations.forget(operationId).catch((error: unknown) => {
    deps.log.error('operation could not be taken back', { operation_id: operationId, err: error });
    return true;
  });
  if (!forgotten) return;
  throw new RewindError('queue.unavailable', 'The request cannot be queued now. Nothing was changed.', {
    fault: 'errored',
    retry: true,
    status: 503,
    hint: 'Try again later.',
    cause,
  });
}
