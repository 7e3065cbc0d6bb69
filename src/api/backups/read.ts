import type { Caller } from '../../domain/caller.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { findBackup } from '../shared/find.ts';
import { type ListRequest, listPage, type Page } from '../shared/paged-list.ts';
import { type ShownBackup, showBackups } from './shown.ts';

/** Rejects with `forbidden` (403), `backup.not-found` (404). */
export async function showBackup(deps: ServiceDeps, caller: Caller, id: string): Promise<ShownBackup> {
  const backup = await findBackup(deps, caller, 'vm-backup:backups:show', id);
  return (await showBackups(deps, [backup]))[0] as ShownBackup;
}

/** Rejects like `listPage`. */
export async function listBackups(deps: ServiceDeps, caller: Caller, request: ListRequest): Promise<Page<ShownBackup>> {
  const page = await listPage(deps, caller, 'vm-backup:backups:list', request, {
    list: (query) => deps.catalogue.listBackups(query),
    count: (query) => deps.catalogue.countBackups(query),
  });
  return { ...page, items: await showBackups(deps, page.items) };
}
