import type { Backup } from '../domain/backup.ts';
import type { Caller } from '../domain/caller.ts';
import { hasCode } from '../domain/errors.ts';
import type { Restore, RestoreMode } from '../domain/restore.ts';
import { audited } from './audited.ts';
import { type Conflict, conflict, errorOf, refuseFirst } from './conflict.ts';
import type { ServiceDeps } from './deps.ts';
import { findBackup } from './find.ts';
import { newOperation } from './new-operation.ts';
import { type PlannedRestore, planRestore, type RestorePlan } from './plan-restore.ts';
import { misplaced, type RestoreRequest } from './restore-request.ts';
import type { ShownRestore } from './shown-restore.ts';
import { submit } from './submit.ts';

type Served = RestoreRequest & { backup_id: string; mode: RestoreMode };

/**
 * Rejects with `mode.unavailable`, `instant.unavailable`, `snapshot.unavailable`, `backup.not-found`, `disk.unknown`
 * (400), `forbidden` (403), the conflicts of plan-restore.ts (409), and what `submit` rejects with.
 */
export function createRestore(deps: ServiceDeps, caller: Caller, request: RestoreRequest): Promise<ShownRestore> {
  return audited(deps, caller, { action: 'restores:create', resourceType: 'restore' }, async (note) => {
    const served = serve(deps, caller, request);
    const backup = await namedBackup(deps, caller, served);
    const planned = await planRestore(deps, caller, served, backup);
    refuseFirst(planned.conflicts);
    const restore = newRestore(deps, caller, served, backup, planned.plan);
    note.resourceId = restore.id;
    note.operationId = restore.operation_id;
    await record(deps, caller, served, restore, planned);
    return { ...restore, progress: 0 };
  });
}

/** What would be done, and everything that speaks against it. Changes nothing. Rejects as `createRestore`, less the conflicts. */
export async function dryRunRestore(
  deps: ServiceDeps,
  caller: Caller,
  request: RestoreRequest,
): Promise<{ plan: RestorePlan; conflicts: Conflict[] }> {
  const served = serve(deps, caller, request);
  const { plan, conflicts } = await planRestore(deps, caller, served, await namedBackup(deps, caller, served));
  return { plan, conflicts };
}

/** Refuses what this release does not do, before anything is looked at. */
function serve(deps: ServiceDeps, caller: Caller, request: RestoreRequest): Served {
  const rule = request.mode === 'in_place' ? 'vm-backup:restores:create_in_place' : 'vm-backup:restores:create';
  deps.policy.enforce(rule, caller, { project_id: caller.projectId, user_id: caller.userId });
  const { backup_id, mode } = request;
  if (request.snapshot_id !== null) throw unavailable('snapshot', 'Restoring a snapshot');
  if (mode === 'new_server') throw unavailable('mode', 'Restoring as a new server');
  if (request.instant) throw unavailable('instant', 'Instant restore');
  if (backup_id === null) throw errorOf(conflict('request.invalid', 'backup_id is missing.', null, 400));
  const wrong = misplaced(request);
  if (wrong.length > 0)
    throw errorOf(conflict('request.invalid', `Not for mode ${mode}: ${wrong.join(', ')}.`, null, 400));
  return { ...request, backup_id, mode };
}

function unavailable(what: string, name: string): Error {
  const hint = 'Modes in_place and volumes restore backups.';
  return errorOf(conflict(`${what}.unavailable`, `${name} is not available in this release.`, hint, 400));
}

/** Named in the body, so a missing one is the body's fault: 400. */
async function namedBackup(deps: ServiceDeps, caller: Caller, request: Served): Promise<Backup> {
  const rule = request.mode === 'in_place' ? 'vm-backup:restores:create_in_place' : 'vm-backup:restores:create';
  try {
    return await findBackup(deps, caller, rule, request.backup_id);
  } catch (error) {
    if (!hasCode(error, 'backup.not-found')) throw error;
    throw errorOf(conflict('backup.not-found', 'There is no such backup.', null, 400));
  }
}

function newRestore(deps: ServiceDeps, caller: Caller, request: Served, backup: Backup, plan: RestorePlan): Restore {
  const at = new Date(deps.clock.now()).toISOString();
  return {
    id: deps.ids.uuid(),
    project_id: backup.project_id,
    user_id: caller.userId,
    backup_id: backup.id,
    mode: request.mode,
    name: request.name,
    server_id: plan.server_id,
    disks: plan.disks.map((disk) => disk.disk_id),
    status: 'restoring',
    fail_code: null,
    fail_reason: null,
    volumes: [],
    operation_id: deps.ids.uuid(),
    created_at: at,
    updated_at: at,
  };
}

async function record(
  deps: ServiceDeps,
  caller: Caller,
  request: Served,
  restore: Restore,
  { holdServers }: PlannedRestore,
): Promise<void> {
  const common = { restore_id: restore.id, backup_id: restore.backup_id, disks: restore.disks };
  const inPlace = restore.mode === 'in_place';
  const operation = newOperation(deps, caller, {
    id: restore.operation_id,
    workflow: inPlace ? 'restore-in-place/1' : 'restore-volumes/1',
    projectId: restore.project_id,
    resourceType: 'restore',
    resourceId: restore.id,
    input: inPlace
      ? { ...common, server_id: restore.server_id, start: request.start }
      : { ...common, attach_to: request.attach_to, name: request.name },
  });
  await submit(deps, { operation, restore, holdServers });
}
