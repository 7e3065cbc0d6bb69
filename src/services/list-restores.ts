import type { Caller } from '../domain/caller.ts';
import type { ServiceDeps } from './deps.ts';
import { type ListRequest, listPage, type Page } from './list.ts';
import { type ShownRestore, showRestores } from './shown-restore.ts';

/** Rejects as `listPage`. */
export async function listRestores(
  deps: ServiceDeps,
  caller: Caller,
  request: ListRequest,
): Promise<Page<ShownRestore>> {
  const page = await listPage(deps, caller, 'vm-backup:restores:list', request, {
    list: (query) => deps.catalogue.listRestores(query),
    count: (query) => deps.catalogue.countRestores(query),
  });
  return { ...page, items: await showRestores(deps, page.items) };
}
