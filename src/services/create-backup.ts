import type { Backup, WantedConsistency } from '../domain/backup.ts';
import type { Caller } from '../domain/caller.ts';
import type { Server } from '../ports/openstack.ts';
import { audited } from './audited.ts';
import { callersEyes } from './callers-eyes.ts';
import { conflict, errorOf, refuseFirst } from './conflict.ts';
import type { ServiceDeps } from './deps.ts';
import { newOperation } from './new-operation.ts';
import { backupConflicts } from './server-conflicts.ts';
import { type ShownBackup, showBackups } from './shown-backup.ts';
import { submit } from './submit.ts';

export interface CreateBackupRequest {
  server_id: string;
  name: string | null;
  description: string | null;
  /** Null: incremental where a base exists. */
  incremental: boolean | null;
  consistency: WantedConsistency;
  /** Null: the default one. */
  target: string | null;
  metadata: Record<string, string>;
}

/**
 * Rejects with `forbidden` (403), `server.not-found`, `server.no-disks`, `target.unknown` (400), the conflicts of
 * server-conflicts.ts (409), and what `submit` rejects with.
 */
export function createBackup(deps: ServiceDeps, caller: Caller, request: CreateBackupRequest): Promise<ShownBackup> {
  return audited(deps, caller, { action: 'backups:create', resourceType: 'backup' }, async (note) => {
    deps.policy.enforce('vm-backup:backups:create', caller, { project_id: caller.projectId, user_id: caller.userId });
    const target = request.target ?? deps.settings.defaultTarget;
    if (!deps.settings.targetNames.includes(target))
      throw errorOf(conflict('target.unknown', 'There is no target of this name.', null, 400));
    const server = await backedUpServer(deps, caller, request);
    const backup = newBackup(deps, caller, { ...request, target }, server);
    const input = {
      backup_id: backup.id,
      server_id: server.id,
      incremental: request.incremental,
      consistency: request.consistency,
      target,
    };
    const operation = newOperation(deps, caller, {
      id: backup.operation_id,
      workflow: 'create-backup/1',
      projectId: caller.projectId,
      resourceType: 'backup',
      resourceId: backup.id,
      input,
    });
    note.resourceId = backup.id;
    note.operationId = operation.id;
    await submit(deps, { operation, backup, holdServers: [server.id] });
    return (await showBackups(deps, [backup]))[0] as ShownBackup;
  });
}

async function backedUpServer(deps: ServiceDeps, caller: Caller, request: CreateBackupRequest): Promise<Server> {
  const eyes = callersEyes(deps, caller, caller.projectId);
  const server = await eyes.server(request.server_id);
  if (!server) throw errorOf(conflict('server.not-found', 'There is no such server in the project.', null, 400));
  const volumes = await eyes.volumes(server.volumes.map((volume) => volume.volumeId));
  refuseFirst(backupConflicts(server, volumes));
  return server;
}

function newBackup(
  deps: ServiceDeps,
  caller: Caller,
  request: CreateBackupRequest & { target: string },
  server: Server,
): Backup {
  const at = new Date(deps.clock.now()).toISOString();
  return {
    id: deps.ids.uuid(),
    project_id: caller.projectId,
    user_id: caller.userId,
    server_id: server.id,
    server_name: server.name,
    name: request.name,
    description: request.description,
    status: 'creating',
    fail_code: null,
    fail_reason: null,
    incremental: request.incremental ?? false,
    base_backup_id: null,
    consistency: null,
    paused_ms: null,
    data_timestamp: null,
    size_bytes: null,
    changed_bytes: null,
    stored_bytes: null,
    target: request.target,
    operation_id: deps.ids.uuid(),
    disks: [],
    metadata: request.metadata,
    created_at: at,
    updated_at: at,
  };
}
