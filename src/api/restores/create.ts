import type { Caller } from '../../domain/caller.ts';
import { newRestore, type Restore, type RestoreMode } from '../../domain/points/restore.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { audited } from '../shared/audited.ts';
import { type Conflict, conflict, errorOf, refuseFirst } from '../shared/conflict.ts';
import { newOperation } from '../shared/new-operation.ts';
import { submit } from '../shared/submit.ts';
import { planNewServer } from './new-server/draft-server.ts';
import { type PlannedRestore, planRestore, type RestorePlan } from './plan-restore.ts';
import { type RestorablePoint, restorablePoint } from './restorable-point.ts';
import { misplaced, type RestoreRequest, restoreRecipe } from './restore-request.ts';
import type { ShownRestore } from './shown.ts';

const RULES = {
  in_place: 'vm-backup:restores:create_in_place',
  volumes: 'vm-backup:restores:create',
  new_server: 'vm-backup:restores:create_new_server',
} as const;

type Served = RestoreRequest & { mode: RestoreMode };

/**
 * Rejects with `instant.unavailable`, `backup.not-found`, `snapshot.not-found`, `disk.unknown`
 * (400), `forbidden` (403), the conflicts of plan-restore.ts (409), and what `submit` rejects with.
 */
export function createRestore(deps: ServiceDeps, caller: Caller, request: RestoreRequest): Promise<ShownRestore> {
  return audited(deps, caller, { action: 'restores:create', resourceType: 'restore' }, async (note) => {
    const served = serve(deps, caller, request);
    const point = await restorablePoint(deps, caller, RULES[request.mode], served);
    const planned = await planOf(served)(deps, caller, served, point);
    refuseFirst(planned.conflicts);
    const restore = restoreFor(deps, caller, served, point, planned.plan);
    note.resourceId = restore.id;
    note.operationId = restore.operation_id;
    await record(deps, caller, served, restore, planned);
    return { ...restore, progress: 0 };
  });
}

/**
 * What would be done, and everything that speaks against it. Changes nothing. Rejects like `createRestore`, except for
 * the conflicts.
 */
export async function dryRunRestore(
  deps: ServiceDeps,
  caller: Caller,
  request: RestoreRequest,
): Promise<{ plan: RestorePlan; conflicts: Conflict[] }> {
  const served = serve(deps, caller, request);
  const point = await restorablePoint(deps, caller, RULES[request.mode], served);
  const { plan, conflicts } = await planOf(served)(deps, caller, served, point);
  return { plan, conflicts };
}

const PLANS = {
  in_place: planRestore,
  volumes: planRestore,
  new_server: planNewServer,
} satisfies Record<RestoreMode, typeof planRestore | typeof planNewServer>;

const planOf = ({ mode }: Served) => PLANS[mode];

/** Refuses what this release does not do, before anything is looked at. */
function serve(deps: ServiceDeps, caller: Caller, request: RestoreRequest): Served {
  deps.policy.enforce(RULES[request.mode], caller, { project_id: caller.projectId, user_id: caller.userId });
  const { mode } = request;
  if (request.instant && !deps.settings.instant) throw noGateway();
  const wrong = misplaced(request);
  if (wrong.length > 0) throw errorOf(conflict('request.invalid', `Not for mode ${mode}: ${wrong.join(', ')}.`));
  return { ...request, mode };
}

const noGateway = (): Error => {
  const hint = 'Restore without instant. The operator may run `rewind gateway` and set gateway.public_url.';
  return errorOf(conflict('instant.unavailable', 'Instant restores are not set up here.', hint));
};

function restoreFor(
  deps: ServiceDeps,
  caller: Caller,
  request: Served,
  point: RestorablePoint,
  plan: RestorePlan,
): Restore {
  const at = new Date(deps.clock.now()).toISOString();
  return newRestore({
    id: deps.ids.uuid(),
    project_id: point.project_id,
    user_id: caller.userId,
    backup_id: request.backup_id,
    snapshot_id: request.snapshot_id,
    mode: request.mode,
    name: request.name,
    server_id: plan.server_id,
    disks: plan.disks.map((disk) => disk.disk_id),
    status: 'restoring',
    differences: plan.new_server?.differences ?? plan.warnings,
    operation_id: deps.ids.uuid(),
    created_at: at,
    updated_at: at,
  });
}

async function record(
  deps: ServiceDeps,
  caller: Caller,
  request: Served,
  restore: Restore,
  { holds, plan, volumes = [] }: PlannedRestore,
): Promise<void> {
  const { backup_id, snapshot_id, disks } = restore;
  const common = { restore_id: restore.id, backup_id, snapshot_id, disks, instant: request.instant, volumes };
  const { memory, detached_volumes: detach } = plan;
  const safety_id = deps.settings.safetyHours > 0 ? deps.ids.uuid() : null;
  const operation = newOperation(deps, caller, {
    id: restore.operation_id,
    workflow: restoreRecipe(restore),
    projectId: restore.project_id,
    resourceType: 'restore',
    resourceId: restore.id,
    input: {
      in_place: { ...common, server_id: restore.server_id, start: request.start, memory, safety_id, detach },
      volumes: { ...common, attach_to: request.attach_to, name: request.name },
      new_server: { ...common, volumes: undefined, plan: plan.new_server },
    }[restore.mode],
  });
  await submit(deps, { operation, restore, holds });
}
