import type { ServerState } from '../../ports/openstack.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import type { Own } from '../lookups/server-of.ts';
import type { World } from '../world.ts';
import { adminHands } from './admin-hands.ts';
import { ask } from './ask.ts';

type Context = StepContext<World>;
type OwnServer = Own<ServerState>;

/** Locks as an administrator, whose lock no tenant can remove; Nova lets it replace an owner's lock. */
export const lockAsAdmin = (context: Context, { id }: OwnServer, reason: string): Promise<void> =>
  ask(context, () => adminHands(context).compute.lockServer(id, reason));

export async function unlockAsAdmin(context: Context, { id }: OwnServer): Promise<void> {
  await context.proveLease();
  await adminHands(context).compute.unlockServer(id);
}

export const stopAsAdmin = (context: Context, { id }: OwnServer): Promise<void> =>
  ask(context, () => adminHands(context).compute.stopServer(id));

export const startAsAdmin = (context: Context, { id }: OwnServer): Promise<void> =>
  ask(context, () => adminHands(context).compute.startServer(id));

/** Sets the server's state in Nova's database to active. */
export const sayActive = (context: Context, { id }: OwnServer): Promise<void> =>
  ask(context, () => adminHands(context).compute.resetState(id, 'active'));

/** Reports in Neutron's place that the ports of a new server of ours are plugged in. */
export async function portsPlugged(context: Context, serverId: string, portIds: readonly string[]): Promise<void> {
  await context.proveLease();
  await adminHands(context).making.portsPlugged(serverId, portIds);
}

/** Attaches a port of the project's to a server that we have locked. */
export const attachPortAsAdmin = (
  context: Context,
  { id }: OwnServer,
  portId: string,
  tag: string | null,
): Promise<void> => ask(context, () => adminHands(context).making.attachPort(id, portId, tag));

export const setMetadataAsAdmin = (
  context: Context,
  { id }: OwnServer,
  metadata: Record<string, string>,
): Promise<void> => ask(context, () => adminHands(context).making.setMetadata(id, metadata));
