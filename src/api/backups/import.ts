import type { Caller } from '../../domain/caller.ts';
import { isUuid } from '../../domain/names.ts';
import { holdsOf } from '../../domain/operations/holds.ts';
import { type Backup, newBackup } from '../../domain/points/backup.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { audited } from '../shared/audited.ts';
import { conflict, errorOf } from '../shared/conflict.ts';
import { newOperation } from '../shared/new-operation.ts';
import { submit } from '../shared/submit.ts';
import { targetFor } from '../shared/usable-targets.ts';
import { readSealed } from './manifest-text.ts';
import { type ShownBackup, showBackups } from './shown.ts';

interface ImportBackupRequest {
  target: string;
  /** The sealed manifest, as it was exported. */
  manifest: string;
}

/**
 * The worker, which has the key, checks the seal; until then nothing in the manifest is believed except whose it claims
 * to be. Rejects with `forbidden` (403), `target.unknown`, `manifest.malformed` (400), `backup.exists` (409), and what
 * `submit` rejects with.
 */
export function importBackup(deps: ServiceDeps, caller: Caller, request: ImportBackupRequest): Promise<ShownBackup> {
  return audited(deps, caller, { action: 'backups:import', resourceType: 'backup' }, async (note) => {
    const own = { project_id: caller.projectId, user_id: caller.userId };
    deps.policy.enforce('vm-backup:backups:import', caller, own);
    const claimed = claimedIds(request.manifest);
    deps.policy.enforce('vm-backup:backups:import', caller, { project_id: claimed.project_id, user_id: caller.userId });
    targetFor(deps, claimed.project_id, request.target);
    if (await deps.catalogue.backup(claimed.id, null))
      throw errorOf(conflict('backup.exists', 'The catalogue has this backup already.'));
    const backup = coming(deps, caller, claimed, request.target);
    const operation = newOperation(deps, caller, {
      id: backup.operation_id,
      workflow: 'import-backup/1',
      projectId: backup.project_id,
      resourceType: 'backup',
      resourceId: backup.id,
      input: { backup_id: backup.id, server_id: backup.server_id, target: request.target, manifest: request.manifest },
    });
    note.resourceId = backup.id;
    note.operationId = operation.id;
    await submit(deps, { operation, backup, holds: holdsOf(operation.workflow, { serverId: backup.server_id }) });
    return (await showBackups(deps, [backup]))[0] as ShownBackup;
  });
}

type Claimed = Pick<Backup, 'id' | 'project_id' | 'server_id'>;
const PROJECT = /^[0-9a-f-]{32,36}$/;

function claimedIds(sealed: string): Claimed {
  const { id, project_id, server_id } = (readSealed(sealed)?.backup ?? {}) as Record<string, unknown>;
  const project = typeof project_id === 'string' && PROJECT.test(project_id) ? project_id : undefined;
  if (typeof id !== 'string' || typeof server_id !== 'string' || !isUuid(id) || !isUuid(server_id) || !project)
    throw errorOf(conflict('manifest.malformed', 'This is not the manifest of a backup.'));
  return { id, server_id, project_id: project };
}

function coming(deps: ServiceDeps, caller: Caller, claimed: Claimed, target: string): Backup {
  const at = new Date(deps.clock.now()).toISOString();
  return newBackup({
    ...claimed,
    user_id: caller.userId,
    server_name: '',
    status: 'creating',
    incremental: false,
    target,
    operation_id: deps.ids.uuid(),
    created_at: at,
    updated_at: at,
  });
}
