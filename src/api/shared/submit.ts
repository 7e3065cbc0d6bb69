import { asRewindError, RewindError } from '../../domain/errors.ts';
import { isReached } from '../../domain/operations/quota.ts';
import type { NewOperation } from '../../ports/stores/operations.ts';
import { limitsOf } from '../quotas/limits-of.ts';
import type { ServiceDeps } from './api-deps.ts';
import { type Conflict, conflict } from './conflict.ts';

const FIRST_DELIVERY = '0';

/**
 * Records an accepted request and hands it to the workers. Rejects with `quota.points`, `quota.bytes`,
 * `quota.operations` (403), `server.busy` (409) or `queue.unavailable` (503); then nothing of it remains.
 */
export async function submit(deps: ServiceDeps, entry: NewOperation): Promise<void> {
  const { operation } = entry;
  await deps.queue.ping?.();
  await deps.operations.record({ ...entry, limits: await limitsOf(deps, operation.project_id) });
  try {
    await deps.queue.enqueue(operation.id, FIRST_DELIVERY);
  } catch (error) {
    await takeBack(deps, operation.id, error);
  }
}

/** For plans: the conflicts that `submit` would find now. */
export async function quotaConflicts(deps: ServiceDeps, projectId: string): Promise<Conflict[]> {
  const { operations: limit } = await limitsOf(deps, projectId);
  if (!isReached(limit, await deps.operations.countOpen(projectId))) return [];
  const detail = `The project has used its quota of ${limit} open operations.`;
  return [conflict('quota.operations', detail)];
}

/**
 * A queue that reports a failure may have taken the job all the same; if a worker has begun it, the request was
 * accepted.
 */
async function takeBack(deps: ServiceDeps, operationId: string, cause: unknown): Promise<void> {
  deps.log.error('operation could not be queued', { operation_id: operationId, err: asRewindError(cause) });
  const forgotten = await deps.operations.forget(operationId).catch((error: unknown) => {
    deps.log.error('operation could not be taken back', { operation_id: operationId, err: error });
    return true;
  });
  if (!forgotten) return;
  throw new RewindError('queue.unavailable', 'The request cannot be queued now. Nothing was changed.', {
    hint: 'Try again later.',
    cause,
  });
}
