import { RewindError } from '../../domain/errors.ts';
import type { Server, ServerState } from '../../ports/openstack.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import type { World } from '../world.ts';

declare const OWN: unique symbol;
/** A server that was just seen to be of the operation's project. A server never changes its project. */
export type Own<S extends ServerState> = S & { readonly [OWN]: true };

/**
 * The server as an administrator sees it, if it belongs to the operation's project. Rejects with `server.not-found`.
 */
export const serverOf = async (context: StepContext<World>, serverId: string): Promise<Own<Server>> =>
  ours(context, serverId, await context.world.cloud.admin.compute.server(serverId));

/** The same without its volumes, twice as fast. */
export const serverStateOf = async (context: StepContext<World>, serverId: string): Promise<Own<ServerState>> =>
  ours(context, serverId, await context.world.cloud.admin.compute.serverState(serverId));

/** The same where the server may be gone. */
export async function serverStateIfThere(
  context: StepContext<World>,
  serverId: string,
): Promise<Own<ServerState> | undefined> {
  const server = await context.world.cloud.admin.compute.serverState(serverId);
  return server && ours(context, serverId, server);
}

function ours<S extends ServerState>(
  { operation }: StepContext<World>,
  serverId: string,
  server: S | undefined,
): Own<S> {
  if (server?.projectId === operation.project_id) return server as Own<S>;
  throw new RewindError('server.not-found', `There is no server ${serverId}.`);
}
