import type { Caller } from '../../domain/caller.ts';
import { RewindError } from '../../domain/errors.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { findBackup } from '../shared/find.ts';
import { readSealed, tenantsView } from './manifest-text.ts';

interface ShownManifest {
  target: string;
  /** The part that the project may see. */
  content: Record<string, unknown>;
  /** The whole sealed manifest; null: the caller may not have it. */
  sealed: string | null;
}

/** Rejects with `forbidden` (403), `backup.not-found`, `manifest.not-found` (404). */
export async function showManifest(deps: ServiceDeps, caller: Caller, id: string): Promise<ShownManifest> {
  const backup = await findBackup(deps, caller, 'vm-backup:backups:show_manifest', id);
  const sealed = await deps.manifestCopies.find(backup.id);
  const content = sealed === undefined ? undefined : readSealed(sealed);
  if (sealed === undefined || content === undefined) {
    throw new RewindError('manifest.not-found');
  }
  const owner = { project_id: backup.project_id, user_id: backup.user_id };
  const whole = deps.policy.allows('vm-backup:backups:export', caller, owner);
  return { target: backup.target, content: tenantsView(content), sealed: whole ? sealed : null };
}
