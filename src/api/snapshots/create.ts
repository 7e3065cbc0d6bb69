import type { Caller } from '../../domain/caller.ts';
import { holdsOf } from '../../domain/operations/holds.ts';
import type { WantedConsistency } from '../../domain/points/backup.ts';
import { newSnapshot, type Snapshot } from '../../domain/points/snapshot.ts';
import type { Server } from '../../ports/openstack.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { audited } from '../shared/audited.ts';
import { conflict, errorOf } from '../shared/conflict.ts';
import { newOperation } from '../shared/new-operation.ts';
import { pointServer, volumeIdsOf } from '../shared/point-server.ts';
import { submit } from '../shared/submit.ts';
import { type ShownSnapshot, showSnapshots } from './shown.ts';

type SnapshotEngine = 'auto' | 'rbd' | 'libvirt-internal' | 'libvirt-external' | 'image';

interface CreateSnapshotRequest {
  server_id: string;
  name: string | null;
  description: string | null;
  memory: boolean;
  consistency: WantedConsistency;
  engine: SnapshotEngine;
  metadata: Record<string, string>;
}

/**
 * Rejects with `forbidden` (403), `server.not-found`, `server.no-disks`, `engine.unavailable`
 * (400), the conflicts of server-conflicts.ts (409), and what `submit` rejects with.
 */
export function createSnapshot(
  deps: ServiceDeps,
  caller: Caller,
  request: CreateSnapshotRequest,
): Promise<ShownSnapshot> {
  return audited(deps, caller, { action: 'snapshots:create', resourceType: 'snapshot' }, async (note) => {
    deps.policy.enforce('vm-backup:snapshots:create', caller, {
      project_id: caller.projectId,
      user_id: caller.userId,
    });
    refuseUnserved(request);
    const server = await snappedServer(deps, caller, request);
    const snapshot = snapshotFor(deps, caller, request, server);
    const operation = newOperation(deps, caller, {
      id: snapshot.operation_id,
      workflow: 'create-snapshot/1',
      projectId: caller.projectId,
      resourceType: 'snapshot',
      resourceId: snapshot.id,
      input: {
        snapshot_id: snapshot.id,
        server_id: server.id,
        consistency: request.consistency,
        memory: request.memory,
      },
    });
    note.resourceId = snapshot.id;
    note.operationId = operation.id;
    const holds = holdsOf('create-snapshot/1', { serverId: server.id, volumeIds: volumeIdsOf(server) });
    await submit(deps, { operation, snapshot, holds });
    return (await showSnapshots(deps, [snapshot]))[0] as ShownSnapshot;
  });
}

function refuseUnserved({ engine }: CreateSnapshotRequest): void {
  if (engine === 'auto' || engine === 'rbd') return;
  throw errorOf(conflict('engine.unavailable', 'This engine is not available in this release.'));
}

async function snappedServer(deps: ServiceDeps, caller: Caller, request: CreateSnapshotRequest): Promise<Server> {
  const server = await pointServer(deps, caller, request.server_id);
  if (request.memory && server.status !== 'ACTIVE') {
    const detail = 'The server does not run, so it has no memory to be saved.';
    throw errorOf(conflict('memory.not-running', detail));
  }
  return server;
}

function snapshotFor(deps: ServiceDeps, caller: Caller, request: CreateSnapshotRequest, server: Server): Snapshot {
  const at = new Date(deps.clock.now()).toISOString();
  return newSnapshot({
    id: deps.ids.uuid(),
    project_id: caller.projectId,
    user_id: caller.userId,
    server_id: server.id,
    server_name: server.name,
    name: request.name,
    description: request.description,
    status: 'creating',
    memory: request.memory,
    operation_id: deps.ids.uuid(),
    metadata: request.metadata,
    created_at: at,
    updated_at: at,
  });
}
