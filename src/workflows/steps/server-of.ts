import { RewindError } from '../../domain/errors.ts';
import type { Server } from '../../ports/openstack.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import type { World } from '../world.ts';

/** The server as an admin sees it, if it is the operation's project's. Rejects with `server.not-found`. */
export async function serverOf(context: StepContext<World>, serverId: string): Promise<Server> {
  const server = await context.world.cloud.admin.compute.server(serverId);
  if (!server || server.projectId !== context.operation.project_id) {
    throw new RewindError('server.not-found', `There is no server ${serverId}.`);
  }
  return server;
}
