import type { Caller } from '../domain/caller.ts';
import type { ServiceDeps } from './deps.ts';
import { findRestore } from './find.ts';
import { type ShownRestore, showRestores } from './shown-restore.ts';

/** Rejects with `forbidden` (403), `restore.not-found` (404). */
export async function showRestore(deps: ServiceDeps, caller: Caller, id: string): Promise<ShownRestore> {
  const restore = await findRestore(deps, caller, 'vm-backup:restores:show', id);
  return (await showRestores(deps, [restore]))[0] as ShownRestore;
}
