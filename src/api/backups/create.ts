import type { Caller } from '../../domain/caller.ts';
import { holdsOf } from '../../domain/operations/holds.ts';
import { type Backup, newBackup, type WantedConsistency } from '../../domain/points/backup.ts';
import type { PolicyRun } from '../../domain/policies/backup-policy.ts';
import type { Server } from '../../ports/openstack.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { audited } from '../shared/audited.ts';
import { newOperation } from '../shared/new-operation.ts';
import { pointServer, volumeIdsOf } from '../shared/point-server.ts';
import { submit } from '../shared/submit.ts';
import { targetFor } from '../shared/usable-targets.ts';
import { type ShownBackup, showBackups } from './shown.ts';

export interface CreateBackupRequest {
  server_id: string;
  name: string | null;
  description: string | null;
  /** Null: incremental where a base exists. */
  incremental: boolean | null;
  consistency: WantedConsistency;
  /** Null: the default target. */
  target: string | null;
  metadata: Record<string, string>;
  /** The policy's run that this is; null: a user asked. */
  run?: Pick<PolicyRun, 'id' | 'policy_id' | 'planned_at' | 'places'>;
}

/**
 * Rejects with `forbidden` (403), `server.not-found`, `server.no-disks`, `target.unknown` (400), the conflicts of
 * server-conflicts.ts (409), and what `submit` rejects with.
 */
export function createBackup(deps: ServiceDeps, caller: Caller, request: CreateBackupRequest): Promise<ShownBackup> {
  return audited(deps, caller, { action: 'backups:create', resourceType: 'backup' }, async (note) => {
    deps.policy.enforce('vm-backup:backups:create', caller, { project_id: caller.projectId, user_id: caller.userId });
    const target = targetFor(deps, caller.projectId, request.target);
    const server = await pointServer(deps, caller, request.server_id);
    const backup = backupFor(deps, caller, { ...request, target }, server);
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
    const policyRun = request.run && { id: request.run.id, places: request.run.places };
    const holds = holdsOf('create-backup/1', { serverId: server.id, volumeIds: volumeIdsOf(server) });
    await submit(deps, { operation, backup, holds, ...(policyRun && { policyRun }) });
    return (await showBackups(deps, [backup]))[0] as ShownBackup;
  });
}

function backupFor(
  deps: ServiceDeps,
  caller: Caller,
  request: CreateBackupRequest & { target: string },
  server: Server,
): Backup {
  const at = new Date(deps.clock.now()).toISOString();
  return newBackup({
    id: deps.ids.uuid(),
    project_id: caller.projectId,
    user_id: caller.userId,
    server_id: server.id,
    server_name: server.name,
    name: request.name,
    description: request.description,
    status: 'creating',
    incremental: request.incremental ?? false,
    target: request.target,
    operation_id: deps.ids.uuid(),
    metadata: request.metadata,
    policy_id: request.run?.policy_id ?? null,
    planned_at: request.run?.planned_at ?? null,
    created_at: at,
    updated_at: at,
  });
}
