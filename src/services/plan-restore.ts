import type { Backup } from '../domain/backup.ts';
import type { Caller } from '../domain/caller.ts';
import type { BackupDisk } from '../domain/disk.ts';
import type { RestoreMode } from '../domain/restore.ts';
import type { Server } from '../ports/openstack.ts';
import { callersEyes } from './callers-eyes.ts';
import { type Conflict, conflict } from './conflict.ts';
import type { ServiceDeps } from './deps.ts';
import { type DiskPlan, planDisksInPlace } from './plan-disks-in-place.ts';
import type { RestoreRequest } from './restore-request.ts';
import { changeConflicts } from './server-conflicts.ts';
import { quotaConflicts } from './submit.ts';

export interface RestorePlan {
  mode: RestoreMode;
  backup_id: string;
  /** Whose disks are replaced, or which gets the volumes. */
  server_id: string | null;
  /** The server is stopped while its disks are replaced. */
  stops_server: boolean;
  disks: DiskPlan[];
}

export interface PlannedRestore {
  plan: RestorePlan;
  /** All of them, not the first: so that a dry run tells everything at once. */
  conflicts: Conflict[];
  holdServers: string[];
}

/** Reads only. The conflicts that the request itself makes (400) come before those of the world (409). */
export async function planRestore(
  deps: ServiceDeps,
  caller: Caller,
  request: RestoreRequest & { mode: RestoreMode },
  backup: Backup,
): Promise<PlannedRestore> {
  const chosen = chooseDisks(request, backup);
  const conflicts = [...chosen.conflicts];
  if (backup.status !== 'available')
    conflicts.push(conflict('backup.wrong-state', 'Only an available backup can be restored.'));
  const { serverId, server, problems } = await serverTouched(deps, caller, request, backup);
  conflicts.push(...problems);
  const inPlace = request.mode === 'in_place';
  const disks = inPlace
    ? await planDisksInPlace(callersEyes(deps, caller, backup.project_id), backup, chosen.disks, server, conflicts)
    : chosen.disks.map((disk) => newVolume(disk, serverId));
  const holdServers = [...new Set([backup.server_id, ...(serverId ? [serverId] : [])])];
  conflicts.push(...(await busyConflicts(deps, holdServers)), ...(await quotaConflicts(deps, backup.project_id)));
  const plan = {
    mode: request.mode,
    backup_id: backup.id,
    server_id: serverId,
    stops_server: inPlace && server?.status === 'ACTIVE',
    disks,
  };
  return {
    plan,
    conflicts: conflicts.sort((a, b) => Number(a.status !== 400) - Number(b.status !== 400)),
    holdServers,
  };
}

function chooseDisks(request: RestoreRequest, backup: Backup): { disks: BackupDisk[]; conflicts: Conflict[] } {
  if (request.disks === null) return { disks: backup.disks, conflicts: [] };
  const byId = new Map(backup.disks.map((disk) => [disk.id, disk]));
  const unknown = request.disks.filter((id) => !byId.has(id));
  return {
    disks: [...new Set(request.disks)].flatMap((id) => byId.get(id) ?? []),
    conflicts: unknown.map((id) => conflict('disk.unknown', `The backup has no disk ${id}.`, null, 400)),
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
  backup: Backup,
): Promise<TouchedServer> {
  const inPlace = request.mode === 'in_place';
  const named = inPlace ? request.server_id : request.attach_to;
  const serverId = named ?? (inPlace ? backup.server_id : null);
  if (serverId === null) return { serverId, server: undefined, problems: [] };
  if (inPlace && serverId !== backup.server_id) {
    const detail = 'A backup can be restored in place only into the server it was made of.';
    const hint = 'Restore it with mode volumes.';
    return { serverId: null, server: undefined, problems: [conflict('server.differs', detail, hint, 400)] };
  }
  const server = await callersEyes(deps, caller, backup.project_id).server(serverId);
  if (server) return { serverId, server, problems: changeConflicts(server) };
  const hint = inPlace ? 'Restore its disks with mode volumes.' : null;
  const problem = conflict('server.not-found', 'There is no such server in the project.', hint, named ? 400 : 409);
  return { serverId, server: undefined, problems: [problem] };
}

function newVolume(disk: BackupDisk, attachTo: string | null): DiskPlan {
  const action = attachTo === null ? 'create_volume' : 'create_volume_and_attach';
  return { disk_id: disk.id, kind: disk.kind, size_bytes: disk.size_bytes, action, volume_id: null };
}

async function busyConflicts(deps: ServiceDeps, servers: readonly string[]): Promise<Conflict[]> {
  const found: Conflict[] = [];
  for (const id of servers) {
    if ((await deps.operations.holderOf(id)) === undefined) continue;
    const hint = 'Wait until it has finished, or cancel it.';
    found.push(conflict('server.busy', 'Another operation is working on this server.', hint));
  }
  return found;
}
