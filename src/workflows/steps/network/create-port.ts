import { hasCode, RewindError } from '../../../domain/errors.ts';
import type { PlannedPort } from '../../../domain/points/new-server-plan.ts';
import type { RecordedPort } from '../../../domain/points/recorded-server.ts';
import type { Networking, NewPort, Port } from '../../../ports/server-making.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import { ask, lateEffect, madeId } from '../../acts/ask.ts';
import { markText } from '../../acts/marks.ts';
import { recordedServer, unlessGone } from '../../lookups/recorded-server-of.ts';
import type { PointRef } from '../../lookups/restore-source.ts';
import type { RecipeStep, World } from '../../world.ts';

export interface CreatePortInput {
  point: PointRef;
  /** Position among the server's ports. */
  index: number;
  port: PlannedPort;
  /** The groups' present ids. */
  securityGroups: string[];
}

export interface MadePort {
  portId: string;
}

const networkOf = ({ world, operation }: StepContext<World>): Networking =>
  world.cloud.tenant(operation.project_id).network;

const ours = (context: StepContext<World>, index: number): Promise<Port[]> =>
  networkOf(context).portsDescribed(markText(context, `port ${index}`));

/** Makes a port of the tenant's, with the MAC and addresses that it had. */
export const createPort: RecipeStep<CreatePortInput, MadePort> = {
  name: 'create-port',
  async find(context, { index, port }) {
    if (!context.begunBefore()) return undefined;
    const id = madeId(context);
    const known = id === undefined ? undefined : await networkOf(context).port(id);
    const found = known ?? (await ours(context, index)).find((one) => isAsAsked(one, port));
    return found && { portId: found.id };
  },
  async act(context, input) {
    const { ports } = await recordedServer(context, input.point);
    const recorded = ports.find((port) => port.id === input.port.recorded_id);
    const wish = {
      ...newPort(input, recorded, markText(context, `port ${input.index}`)),
      fixedIps: await fixedIpsOf(context, input.port),
    };
    try {
      const made = await ask(
        context,
        () => networkOf(context).createPort(wish),
        ({ id }) => id,
      );
      context.boundary('created');
      return { portId: made.id };
    } catch (error) {
      throw refusal(error) ?? error;
    }
  },
  async undo(context, { index }, output) {
    const left = async () => {
      const found = (await ours(context, index)).map((port) => port.id);
      return found.length > 0 ? found : undefined;
    };
    const known = output?.portId ?? madeId(context);
    const ids = known === undefined ? ((await lateEffect(context, left)) ?? []) : [known];
    for (const id of ids) await networkOf(context).deletePort(id);
  },
};

const isAsAsked = (port: Port, wish: PlannedPort): boolean =>
  port.deviceId === null || port.deviceId === ''
    ? port.networkId === wish.network_id &&
      (wish.mac_address === null || port.macAddress.toLowerCase() === wish.mac_address.toLowerCase())
    : false;

/**
 * A port that had no address gets none. An address that a subnet derives from the MAC will be the same again, and must
 * not be named.
 */
async function fixedIpsOf(
  context: StepContext<World>,
  { recorded_id, fixed_ips }: PlannedPort,
): Promise<NewPort['fixedIps']> {
  if (recorded_id === null && fixed_ips.length === 0) return null;
  return await Promise.all(
    fixed_ips.map(async ({ subnet_id: subnetId, ip_address: ipAddress }) => {
      const subnet = subnetId === null ? undefined : await networkOf(context).subnet(subnetId);
      return { subnetId, ipAddress: subnet?.autoAddress ? null : ipAddress };
    }),
  );
}

function newPort(
  { port, securityGroups }: CreatePortInput,
  recorded: RecordedPort | undefined,
  description: string,
): Omit<NewPort, 'fixedIps'> {
  return {
    name: recorded?.name ?? '',
    description,
    networkId: port.network_id,
    macAddress: port.mac_address,
    securityGroups,
    portSecurity: recorded?.portSecurity ?? true,
    addressPairs: recorded?.addressPairs ?? [],
    dhcpOptions: recorded?.dhcpOptions ?? [],
    vnicType: recorded?.vnicType ?? 'normal',
    adminStateUp: recorded?.adminStateUp ?? true,
  };
}

function refusal(cause: unknown): RewindError | undefined {
  const hint = 'Free it, or say other networks.';
  if (hasCode(cause, 'openstack.conflict'))
    return new RewindError('address.taken', 'An address or MAC address of the server is taken.', { hint, cause });
  if (hasCode(cause, 'openstack.forbidden')) {
    const detail = 'The Network service does not let the project choose addresses on this network.';
    return new RewindError('address.forbidden', detail, { cause });
  }
  return undefined;
}

/** Removes our mark from it. */
export const finishPort: RecipeStep<{ point: PointRef; portId: string; recordedId: string | null }, null> = {
  name: 'finish-port',
  async act(context, { point, portId, recordedId }) {
    const { ports } = await recordedServer(context, point);
    const recorded = ports.find((port) => port.id === recordedId);
    await unlessGone(networkOf(context).describePort(portId, recorded?.description ?? ''));
    return null;
  },
};
