import type { Caller } from '../../domain/caller.ts';
import { busyWith, busyWords } from '../../domain/operations/busy.ts';
import { type HeldThings, type Hold, holdsOf } from '../../domain/operations/holds.ts';
import { inDeviceOrder } from '../../domain/order.ts';
import type { Difference, NewServerPlan, PlannedNewVolume } from '../../domain/points/new-server-plan.ts';
import type { RestoreMode } from '../../domain/points/restore.ts';
import type { Server } from '../../ports/openstack.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { callersEyes } from '../shared/callers-eyes.ts';
import { type Conflict, conflict } from '../shared/conflict.ts';
import { changeConflicts } from '../shared/server-conflicts.ts';
import { quotaConflicts } from '../shared/submit.ts';
import { safetyConflicts } from '../snapshots/safety-quota.ts';
import { planVolumes } from './new-server/plan-volumes.ts';
import { type DiskPlan, planDisksInPlace } from './plan-disks-in-place.ts';
import { planMemory } from './plan-memory.ts';
import { besideOriginals, notTaken, staysNewer } from './plan-warnings.ts';
import type { PointsDisk, RestorablePoint } from './restorable-point.ts';
import { type RestoreRequest, restoreRecipe } from './restore-request.ts';

export interface RestorePlan {
  mode: RestoreMode;
  backup_id: string | null;
  snapshot_id: string | null;
  /** The server whose disks are replaced, or which gets the volumes. */
  server_id: string | null;
  /** True: the server is stopped while its disks are replaced. */
  stops_server: boolean;
  /** True: the server goes on from the memory of the snapshot. */
  memory: boolean;
  disks: DiskPlan[];
  /** Volumes attached since then; they stay as they are. */
  untouched_volumes: string[];
  /** Volumes attached since then; they are detached, as requested. */
  detached_volumes: string[];
  /**
   * What is allowed but may surprise: disks of other moments, copies beside their originals, what a service does not
   * accept.
   */
  warnings: Difference[];
  /** For mode new_server. */
  new_server?: NewServerPlan;
}

export interface PlannedRestore {
  plan: RestorePlan;
  /** Types and zones of new volumes; what was not recorded is as it was. For a new server they are in its plan. */
  volumes?: PlannedNewVolume[];
  /** All conflicts, not only the first: so a dry run reports everything at once. */
  conflicts: Conflict[];
  holds: Hold[];
}

/** Reads only. Conflicts of the request itself (400) come before the others (409). */
export async function planRestore(
  deps: ServiceDeps,
  caller: Caller,
  request: RestoreRequest & { mode: RestoreMode },
  point: RestorablePoint,
): Promise<PlannedRestore> {
  const chosen = chooseDisks(request, point);
  const conflicts = [...chosen.conflicts];
  if (point.status !== 'available')
    conflicts.push(conflict(`${point.type}.wrong-state`, `Only an available ${point.type} can be restored.`));
  const { serverId, server, problems } = await serverTouched(deps, caller, request, point);
  conflicts.push(...problems);
  const warnings: Difference[] = [];
  const inPlace = request.mode === 'in_place';
  const disks = inPlace
    ? await planDisksInPlace(callersEyes(deps, caller, point.project_id), point, chosen.disks, server, {
        conflicts,
        warnings,
      })
    : chosen.disks.map((disk) => newVolume(disk, serverId));
  const newer = inPlace ? attachedSince(point, server) : [];
  const going = inPlace ? planMemory(request, point, { disks, untouched: newer }) : { memory: false, conflicts: [] };
  const detaches = request.newer_volumes === 'detach';
  conflicts.push(...going.conflicts);
  if (inPlace) warnings.push(...staysNewer(point.disks, chosen.disks, detaches ? [] : newer));
  else warnings.push(...besideOriginals(chosen.disks, server));
  const made = disks.filter((disk) => disk.action.startsWith('create_volume')).map((disk) => disk.disk_id);
  const volumes = await madeVolumes(deps, caller, request, point, made, { conflicts, warnings });
  const volumeIds = inPlace ? [...disks.flatMap((disk) => disk.volume_id ?? []), ...(detaches ? newer : [])] : [];
  const holds = holdsOf(restoreRecipe(request), {
    ...pointsThings(point),
    volumeIds,
    attachTo: inPlace ? null : serverId,
  });
  conflicts.push(
    ...(await busyConflicts(deps, holds, point.project_id)),
    ...(await quotaConflicts(deps, point.project_id)),
    ...(inPlace && serverId !== null ? await safetyConflicts(deps, point, serverId) : []),
  );
  const plan = {
    mode: request.mode,
    backup_id: point.type === 'backup' ? point.id : null,
    snapshot_id: point.type === 'snapshot' ? point.id : null,
    server_id: serverId,
    stops_server: inPlace && server?.status === 'ACTIVE',
    disks,
    memory: going.memory,
    untouched_volumes: detaches ? [] : newer,
    detached_volumes: detaches ? newer : [],
    warnings,
  };
  return {
    plan,
    volumes,
    conflicts: conflicts.sort((a, b) => Number(a.status !== 400) - Number(b.status !== 400)),
    holds,
  };
}

/** If a type was deleted, or the project lost it, Cinder would refuse it while the restore is under way, every time. */
async function madeVolumes(
  deps: ServiceDeps,
  caller: Caller,
  request: RestoreRequest,
  point: RestorablePoint,
  made: readonly string[],
  { conflicts, warnings }: { conflicts: Conflict[]; warnings: Difference[] },
): Promise<PlannedNewVolume[]> {
  const { volume_types } = request.newServer;
  const recorded = made.length > 0 ? await point.recorded() : undefined;
  const disks = recorded?.disks.filter((disk) => made.includes(disk.id)) ?? [];
  if (!recorded || disks.length === 0) {
    if (Object.keys(volume_types).length > 0)
      conflicts.push(conflict('volume-type.unused', 'volume_types names a type of no volume that is made.'));
    return [];
  }
  // An administrator's token does not show what the other project may choose from, nor its own types.
  if (caller.projectId !== point.project_id && Object.keys(volume_types).length === 0) {
    warnings.push(...notTaken(recorded, made));
    return [];
  }
  const { offerings } = deps.cloud(caller.globalRequestId ?? caller.requestId).caller(caller.token, caller.projectId);
  const wishes = { ...request.newServer, availability_zone: null };
  const draft = { recorded: { ...recorded, disks }, wishes, offerings, conflicts, differences: warnings };
  return planVolumes(draft);
}

export function chooseDisks(
  request: RestoreRequest,
  point: RestorablePoint,
): { disks: PointsDisk[]; conflicts: Conflict[] } {
  if (request.disks === null) return { disks: point.disks.toSorted(inDeviceOrder), conflicts: [] };
  const byId = new Map(point.disks.map((disk) => [disk.id, disk]));
  const unknown = request.disks.filter((id) => !byId.has(id));
  return {
    disks: [...new Set(request.disks)].flatMap((id) => byId.get(id) ?? []),
    conflicts: unknown.map((id) => conflict('disk.unknown', `The ${point.type} has no disk ${id}.`)),
  };
}

interface TouchedServer {
  serverId: string | null;
  server: Server | undefined;
  problems: Conflict[];
}

async function serverTouched(
  deps: ServiceDeps,
  caller: Caller,
  request: RestoreRequest,
  point: RestorablePoint,
): Promise<TouchedServer> {
  const inPlace = request.mode === 'in_place';
  const named = inPlace ? request.server_id : request.attach_to;
  const serverId = named ?? (inPlace ? point.server_id : null);
  if (serverId === null) return { serverId, server: undefined, problems: [] };
  if (inPlace && serverId !== point.server_id) {
    const detail = `A ${point.type} can be restored in place only into the server it was made of.`;
    const hint = 'Restore it with mode volumes.';
    return { serverId: null, server: undefined, problems: [conflict('server.differs', detail, hint)] };
  }
  const server = await callersEyes(deps, caller, point.project_id).server(serverId);
  if (server) return { serverId, server, problems: changeConflicts(server) };
  const hint = inPlace ? 'Restore its disks with mode volumes.' : null;
  const problem = conflict('server.not-found', 'There is no such server in the project.', hint, named ? 400 : 409);
  return { serverId, server: undefined, problems: [problem] };
}

function attachedSince(point: RestorablePoint, server: Server | undefined): string[] {
  const known = new Set(point.disks.map((disk) => disk.volume_id));
  return server?.volumes.map((volume) => volume.volumeId).filter((id) => !known.has(id)) ?? [];
}

function newVolume(disk: PointsDisk, attachTo: string | null): DiskPlan {
  const action = attachTo === null ? 'create_volume' : 'create_volume_and_attach';
  return { disk_id: disk.id, kind: disk.kind, size_bytes: disk.size_bytes, action, volume_id: null };
}

/** Input for `holdsOf`. */
export function pointsThings({ type, id, server_id }: RestorablePoint): HeldThings {
  return { serverId: server_id, ...(type === 'backup' ? { backupId: id } : { snapshotId: id }) };
}

export async function busyConflicts(deps: ServiceDeps, holds: readonly Hold[], projectId: string): Promise<Conflict[]> {
  const other = await deps.operations.inTheWay(holds);
  if (!other) return [];
  const { detail, hint } = busyWords(other, projectId);
  const operation = busyWith(other, projectId);
  return [{ ...conflict('server.busy', detail, hint), ...(operation && { operation }) }];
}
