import { RewindError } from '../../domain/errors.ts';
import type { NewServerPlan } from '../../domain/new-server.ts';
import type { NewServer } from '../../ports/server-making.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import { WAIT_CREATED_MS, WAIT_DELETED_MS } from '../limits.ts';
import type { RecipeStep, World } from '../world.ts';
import { lendKeypair, takeKeypairBack } from './lend-keypair.ts';
import { recordedServer, unlessGone } from './recorded-server.ts';
import type { PointRef } from './restore-source.ts';

export interface CreateServerInput {
  point: PointRef;
  plan: Omit<NewServerPlan, 'ports' | 'security_groups' | 'volumes' | 'floating_ips' | 'differences'>;
  /** Null: from an image. */
  rootVolumeId: string | null;
  deleteRootOnTermination: boolean;
  /** Those that it has from the beginning. */
  ports: { portId: string; recordedId: string | null }[];
}

export interface MadeServer {
  serverId: string;
}

const mark = (operationId: string): Record<string, string> => ({ rewind_operation_id: operationId });

/**
 * An ordinary server of the tenant's, made by Nova. What it boots now is a blank volume or a fresh image: it holds
 * none of the restored disks yet, and its network only if a config drive must tell about it.
 */
export const createServer: RecipeStep<CreateServerInput, MadeServer> = {
  name: 'create-server',
  async find(context, input) {
    const [serverId] = await allOurs(context);
    if (serverId === undefined) return undefined;
    await takeKeypairBack(context, input.point, input.plan.key_name);
    return active(context, serverId);
  },
  async act(context, input) {
    const { making } = context.world.cloud.tenant(context.operation.project_id);
    const server = await newServer(context, input);
    await lendKeypair(context, input.point, input.plan.key_name);
    await context.proveLease();
    const serverId = await making.createServer(server);
    context.boundary('created');
    await takeKeypairBack(context, input.point, input.plan.key_name);
    return active(context, serverId);
  },
  async undo(context, input) {
    await takeKeypairBack(context, input.point, input.plan.key_name);
    for (const serverId of await allOurs(context)) await deleteOurs(context, serverId);
  },
};

async function deleteOurs(context: StepContext<World>, serverId: string): Promise<void> {
  const { admin } = context.world.cloud;
  await admin.making.deleteServer(serverId);
  await context.waitFor(
    async () => ((await admin.compute.serverState(serverId)) === undefined ? true : undefined),
    WAIT_DELETED_MS,
    () =>
      new RewindError('server.not-deleted', 'The new server could not be removed again.', {
        fault: 'errored',
        retry: true,
      }),
  );
}

/** More than one only when Nova said that it failed, and went on all the same. */
const allOurs = ({ world, operation }: StepContext<World>): Promise<string[]> =>
  world.cloud.tenant(operation.project_id).making.findServers(mark(operation.id));

async function newServer(context: StepContext<World>, input: CreateServerInput): Promise<NewServer> {
  const { plan, rootVolumeId } = input;
  const recorded = await recordedServer(context, input.point);
  const tagOf = (recordedId: string | null) => recorded.ports.find((port) => port.id === recordedId)?.tag ?? null;
  const root = recorded.disks.find((disk) => disk.kind === 'root');
  return {
    name: plan.name,
    description: recorded.description,
    hostname: plan.name === recorded.name ? recorded.hostname : null,
    flavorId: plan.flavor_id,
    imageId: rootVolumeId === null ? plan.image_id : null,
    rootVolume:
      rootVolumeId === null
        ? null
        : { id: rootVolumeId, deleteOnTermination: input.deleteRootOnTermination, tag: root?.tag ?? null },
    ports: input.ports.map(({ portId, recordedId }) => ({ id: portId, tag: tagOf(recordedId) })),
    keyName: plan.key_name,
    availabilityZone: plan.availability_zone,
    serverGroupId: plan.server_group_id,
    configDrive: plan.config_drive,
    userData: recorded.userData,
    metadata: { ...recorded.metadata, ...mark(context.operation.id) },
    tags: recorded.tags,
  };
}

/** A 202 proves nothing: waits for ACTIVE. */
async function active(context: StepContext<World>, serverId: string): Promise<MadeServer> {
  const { compute } = context.world.cloud.admin;
  const notCreated = () =>
    new RewindError('server.not-created', 'The Compute service could not make the server.', {
      fault: 'errored',
      hint: 'There may be no host with room for it: the log of nova-scheduler and nova-compute tells.',
    });
  return context.waitFor(
    async () => {
      const server = await compute.serverState(serverId);
      if (!server || server.status === 'ERROR') throw notCreated();
      const made = server.status === 'ACTIVE' || server.status === 'SHUTOFF';
      return made && server.taskState === null ? { serverId } : undefined;
    },
    WAIT_CREATED_MS,
    notCreated,
  );
}

/** Takes our mark off it. */
export const finishServer: RecipeStep<{ point: PointRef; serverId: string }, null> = {
  name: 'finish-server',
  async act(context, { point, serverId }) {
    const { metadata } = await recordedServer(context, point);
    await unlessGone(context.world.cloud.admin.making.setMetadata(serverId, metadata));
    return null;
  },
};
