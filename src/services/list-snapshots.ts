import type { Caller } from '../domain/caller.ts';
import type { ServiceDeps } from './deps.ts';
import { type ListRequest, listPage, type Page } from './list.ts';
import { type ShownSnapshot, showSnapshots } from './shown-snapshot.ts';

/** Rejects as `listPage`. */
export async function listSnapshots(
  deps: ServiceDeps,
  caller: Caller,
  request: ListRequest,
): Promise<Page<ShownSnapshot>> {
  const page = await listPage(deps, caller, 'vm-backup:snapshots:list', request, {
    list: (query) => deps.catalogue.listSnapshots(query),
    count: (query) => deps.catalogue.countSnapshots(query),
  });
  return { ...page, items: await showSnapshots(deps, page.items) };
}
