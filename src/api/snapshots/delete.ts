import type { Caller } from '../../domain/caller.ts';
import { hasCode } from '../../domain/errors.ts';
import { holdsOf } from '../../domain/operations/holds.ts';
import type { Snapshot } from '../../domain/points/snapshot.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { audited } from '../shared/audited.ts';
import { conflict, errorOf } from '../shared/conflict.ts';
import { findSnapshot } from '../shared/find.ts';
import { newOperation } from '../shared/new-operation.ts';
import { submit } from '../shared/submit.ts';
import { type ShownSnapshot, showSnapshots } from './shown.ts';

/**
 * A snapshot that is being deleted already is no conflict: the answer names the operation that does it. Rejects with
 * `forbidden` (403), `snapshot.not-found` (404), `snapshot.busy`, `snapshot.protected` (409), and what `submit` rejects
 * with.
 */
export function deleteSnapshot(deps: ServiceDeps, caller: Caller, id: string): Promise<ShownSnapshot> {
  const act = { action: 'snapshots:delete', resourceType: 'snapshot', resourceId: id };
  return audited(deps, caller, act, async (note) => {
    const snapshot = await findSnapshot(deps, caller, 'vm-backup:snapshots:delete', id);
    if (snapshot.status === 'creating')
      throw errorOf(conflict('snapshot.busy', 'The snapshot is being made.', 'Wait, or cancel its operation.'));
    if (snapshot.protected) throw errorOf(conflict('snapshot.protected', 'The snapshot is protected.'));
    const deleting = snapshot.status === 'deleting' ? snapshot : await begin(deps, caller, snapshot);
    note.operationId = deleting.operation_id;
    return (await showSnapshots(deps, [deleting]))[0] as ShownSnapshot;
  });
}

async function begin(deps: ServiceDeps, caller: Caller, snapshot: Snapshot): Promise<Snapshot> {
  const operation = newOperation(deps, caller, {
    id: deps.ids.uuid(),
    workflow: 'delete-snapshot/1',
    projectId: snapshot.project_id,
    resourceType: 'snapshot',
    resourceId: snapshot.id,
    input: { snapshot_id: snapshot.id },
  });
  const change = { status: 'deleting' as const, operation_id: operation.id, updated_at: operation.created_at };
  const holds = holdsOf(operation.workflow, { serverId: snapshot.server_id, snapshotId: snapshot.id });
  try {
    await submit(deps, { operation, snapshotChange: { id: snapshot.id, change }, holds });
  } catch (error) {
    // Somebody else's request to delete it may have been faster.
    const busy = hasCode(error, 'server.busy') || hasCode(error, 'snapshot.busy');
    const now = busy ? await deps.catalogue.snapshot(snapshot.id, snapshot.project_id) : undefined;
    if (now?.status === 'deleting') return now;
    throw error;
  }
  return { ...snapshot, ...change };
}
