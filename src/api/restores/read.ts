import type { Caller } from '../../domain/caller.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { findRestore } from '../shared/find.ts';
import { type ListRequest, listPage, type Page } from '../shared/paged-list.ts';
import { type ShownRestore, showRestores } from './shown.ts';

/** Rejects with `forbidden` (403), `restore.not-found` (404). */
export async function showRestore(deps: ServiceDeps, caller: Caller, id: string): Promise<ShownRestore> {
  const restore = await findRestore(deps, caller, 'vm-backup:restores:show', id);
  return (await showRestores(deps, [restore]))[0] as ShownRestore;
}

/** Rejects like `listPage`. */
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
