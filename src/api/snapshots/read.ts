import type { Caller } from '../../domain/caller.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { findSnapshot } from '../shared/find.ts';
import { type ListRequest, listPage, type Page } from '../shared/paged-list.ts';
import { type ShownSnapshot, showSnapshots } from './shown.ts';

/** Rejects with `forbidden` (403), `snapshot.not-found` (404). */
export async function showSnapshot(deps: ServiceDeps, caller: Caller, id: string): Promise<ShownSnapshot> {
  const snapshot = await findSnapshot(deps, caller, 'vm-backup:snapshots:show', id);
  return (await showSnapshots(deps, [snapshot]))[0] as ShownSnapshot;
}

/** Rejects like `listPage`. */
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
