import type { Caller } from '../domain/caller.ts';
import type { ServiceDeps } from './deps.ts';
import { findBackup } from './find.ts';
import { type ShownBackup, showBackups } from './shown-backup.ts';

/** Rejects with `forbidden` (403), `backup.not-found` (404). */
export async function showBackup(deps: ServiceDeps, caller: Caller, id: string): Promise<ShownBackup> {
  const backup = await findBackup(deps, caller, 'vm-backup:backups:show', id);
  return (await showBackups(deps, [backup]))[0] as ShownBackup;
}
