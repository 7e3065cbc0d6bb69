import type { Caller } from '../domain/caller.ts';
import type { ServiceDeps } from './deps.ts';
import { type ListRequest, listPage, type Page } from './list.ts';
import { type ShownBackup, showBackups } from './shown-backup.ts';

/** Rejects as `listPage`. */
export async function listBackups(deps: ServiceDeps, caller: Caller, request: ListRequest): Promise<Page<ShownBackup>> {
  const page = await listPage(deps, caller, 'vm-backup:backups:list', request, {
    list: (query) => deps.catalogue.listBackups(query),
    count: (query) => deps.catalogue.countBackups(query),
  });
  return { ...page, items: await showBackups(deps, page.items) };
}
