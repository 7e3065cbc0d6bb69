import type { Caller } from '../domain/caller.ts';
import type { Operation, ShownStep } from '../domain/operations/operation.ts';
import type { ServiceDeps } from './deps.ts';
import { findOperation } from './find.ts';

/** Rejects with `forbidden` (403), `operation.not-found` (404). */
export async function showOperation(
  deps: ServiceDeps,
  caller: Caller,
  id: string,
): Promise<{ operation: Operation; steps: ShownStep[] }> {
  const operation = await findOperation(deps, caller, 'vm-backup:operations:show', id);
  return { operation, steps: await deps.operations.steps(operation.id) };
}
