import type { Caller } from '../../domain/caller.ts';
import type { ListedOperation, Operation, ShownStep } from '../../domain/operations/operation.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { findOperation } from '../shared/find.ts';
import { type ListRequest, listPage, type Page } from '../shared/paged-list.ts';

/** Rejects with `forbidden` (403), `operation.not-found` (404). */
export async function showOperation(
  deps: ServiceDeps,
  caller: Caller,
  id: string,
): Promise<{ operation: Operation; steps: ShownStep[] }> {
  const operation = await findOperation(deps, caller, 'vm-backup:operations:show', id);
  return { operation, steps: await deps.operations.steps(operation.id) };
}

/** Rejects like `listPage`. */
export function listOperations(
  deps: ServiceDeps,
  caller: Caller,
  request: ListRequest,
): Promise<Page<ListedOperation>> {
  return listPage(deps, caller, 'vm-backup:operations:list', request, {
    list: (query) => deps.operations.list(query),
    count: (query) => deps.operations.count(query),
  });
}
