import type { Caller } from '../domain/caller.ts';
import type { ListedOperation } from '../domain/operations/operation.ts';
import type { ServiceDeps } from './deps.ts';
import { type ListRequest, listPage, type Page } from './list.ts';

/** Rejects as `listPage`. */
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
