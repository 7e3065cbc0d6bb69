import type { Caller } from '../../domain/caller.ts';
import type { Server } from '../../ports/openstack.ts';
import type { ServiceDeps } from './api-deps.ts';
import { callersEyes } from './callers-eyes.ts';
import { conflict, errorOf, refuseFirst } from './conflict.ts';
import { backupConflicts } from './server-conflicts.ts';

/**
 * The server of which a backup or a snapshot is to be made. Rejects with `server.not-found` (400), or else with its
 * conflicts.
 */
export async function pointServer(deps: ServiceDeps, caller: Caller, serverId: string): Promise<Server> {
  const eyes = callersEyes(deps, caller, caller.projectId);
  const server = await eyes.server(serverId);
  if (!server) throw errorOf(conflict('server.not-found', 'There is no such server in the project.', null, 400));
  const volumes = await eyes.volumes(volumeIdsOf(server));
  refuseFirst(backupConflicts(server, volumes));
  return server;
}

export const volumeIdsOf = (server: Server): string[] => server.volumes.map((volume) => volume.volumeId);
