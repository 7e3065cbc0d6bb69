import { hasCode, RewindError } from '../../../domain/errors.ts';
import type { NewServerPlan } from '../../../domain/points/new-server-plan.ts';
import { fitItems } from '../../../domain/service-limits.ts';
import type { ServerState, ServerTrouble } from '../../../ports/openstack.ts';
import type { NewServer } from '../../../ports/server-making.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import { ask, lateEffect, madeId } from '../../acts/ask.ts';
import { operationMark } from '../../acts/marks.ts';
import { setMetadataAsAdmin } from '../../acts/server-acts.ts';
import { recordedServer, unlessGone } from '../../lookups/recorded-server-of.ts';
import type { PointRef } from '../../lookups/restore-source.ts';
import { serverStateIfThere } from '../../lookups/server-of.ts';
import { WAIT_CREATED_MS, WAIT_DELETED_MS } from '../../recipe-limits.ts';
import type { RecipeStep, World } from '../../world.ts';
import { firstBoot } from './first-boot.ts';
import { lendKeypair, proveKeypair, takeKeypairBack } from './lend-keypair.ts';

export interface CreateServerInput {
  point: PointRef;
  plan: Omit<NewServerPlan, 'ports' | 'security_groups' | 'volumes' | 'floating_ips' | 'differences'>;
  /** Null: the server boots from an image. */
  rootVolumeId: string | null;
  deleteRootOnTermination: boolean;
  /** Ports that it has from the beginning. */
  ports: { portId: string; recordedId: string | null }[];
}

export interface MadeServer {
  serverId: string;
}

const markOf = (context: StepContext<World>): Record<string, string> => ({
  ...operationMark(context),
  ...(context.mark !== null && { rewind_mark: context.mark }),
});

/**
 * An ordinary server of the tenant's, made by Nova. What it boots now is a blank volume or a fresh image: it has none
 * of the restored disks yet, and is not on the network. It has no ports, or closed ones where a config drive must
 * describe them.
 */
export const createServer: RecipeStep<CreateServerInput, MadeServer> = {
  name: 'create-server',
  async find(context, input) {
    if (!context.begunBefore()) return undefined;
    const known = madeId(context);
    const there = known !== undefined && (await serverStateIfThere(context, known)) !== undefined;
    const serverId = there ? known : await firstAsAsked(context, input);
    if (serverId === undefined) return undefined;
    if (input.plan.key_name !== null && context.mark !== null && !hasOurKey(context)) {
      // Nobody knows any more whose key Nova copied into it.
      await deleteOurs(context, serverId);
      return undefined;
    }
    await takeKeypairBack(context, input.point, input.plan.key_name);
    return active(context, serverId, input);
  },
  async act(context, input) {
    const { making } = context.world.cloud.tenant(context.operation.project_id);
    const server = await newServer(context, input);
    await lendKeypair(context, input.point, input.plan.key_name);
    const serverId = await ask(
      context,
      () => making.createServer(server),
      (id) => id,
    );
    context.boundary('created');
    await proveKeypair(context, input.point, input.plan.key_name).catch(async (error) => {
      if (hasCode(error, 'keypair.busy')) await deleteOurs(context, serverId);
      throw error;
    });
    await context.note({ ...(context.noted() as object), ...KEY_IS_OURS });
    await takeKeypairBack(context, input.point, input.plan.key_name);
    return active(context, serverId, input);
  },
  async undo(context, input, output) {
    await takeKeypairBack(context, input.point, input.plan.key_name);
    const left = async () => {
      const found = await allOurs(context);
      return found.length > 0 ? found : undefined;
    };
    const known = output?.serverId ?? madeId(context);
    const ours = known === undefined ? ((await lateEffect(context, left)) ?? []) : [known];
    for (const serverId of ours) await deleteOurs(context, serverId);
  },
};

const KEY_IS_OURS = { asked: true, answered: true, keypair: 'ours' };
const hasOurKey = (context: StepContext<World>): boolean =>
  (context.noted() as Partial<typeof KEY_IS_OURS> | undefined)?.keypair === KEY_IS_OURS.keypair;

async function deleteOurs(context: StepContext<World>, serverId: string): Promise<void> {
  const { admin, tenant } = context.world.cloud;
  const server = await serverStateIfThere(context, serverId);
  if (!server) return;
  await context.proveLease();
  // With the tenant's rights: a server that an operator has locked stays.
  await tenant(context.operation.project_id).making.deleteServer(serverId);
  await context.waitFor(
    async () => ((await admin.compute.serverState(serverId)) === undefined ? true : undefined),
    WAIT_DELETED_MS,
    () => new RewindError('server.not-deleted'),
  );
}

/** There is more than one only when Nova reported a failure, and went on all the same. */
const allOurs = (context: StepContext<World>): Promise<string[]> =>
  context.world.cloud.tenant(context.operation.project_id).making.findServers(markOf(context));

/** If a tenant copies the mark to another server, that one may be smaller, or have other content. */
async function firstAsAsked(context: StepContext<World>, input: CreateServerInput): Promise<string | undefined> {
  for (const id of await allOurs(context)) {
    const server = await serverStateIfThere(context, id);
    if (server && (await isAsAsked(context, server, input))) return id;
  }
  return undefined;
}

async function isAsAsked(
  { operation, world }: StepContext<World>,
  { imageId, name, raw }: ServerState,
  { plan, rootVolumeId }: CreateServerInput,
): Promise<boolean> {
  if (name !== plan.name || (imageId ?? null) !== (rootVolumeId === null ? plan.image_id : null)) return false;
  // Nova shows a server's flavor by the name that it had.
  const flavors = await world.cloud.tenant(operation.project_id).offerings.flavors();
  const wanted = flavors.find((flavor) => flavor.id === plan.flavor_id)?.name;
  const shown = (raw?.flavor as { original_name?: unknown } | undefined)?.original_name;
  return wanted === undefined || shown === undefined || shown === wanted;
}

async function newServer(context: StepContext<World>, input: CreateServerInput): Promise<NewServer> {
  const { plan, rootVolumeId } = input;
  const recorded = await recordedServer(context, input.point);
  const tagOf = (recordedId: string | null) => recorded.ports.find((port) => port.id === recordedId)?.tag ?? null;
  const root = recorded.disks.find((disk) => disk.kind === 'root');
  // Our mark needs room: the item that gives way for it is restored at the end, when the mark is removed.
  const { metadataItems } = await context.world.cloud.tenant(context.operation.project_id).offerings.computeRoom();
  const marks: Record<string, string> = markOf(context);
  const own = Object.fromEntries(Object.entries(recorded.metadata).filter(([key]) => !(key in marks)));
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
    metadata: { ...fitItems(own, metadataItems, Object.keys(marks).length).value, ...marks },
    tags: recorded.tags,
  };
}

/** A 202 proves nothing: waits for ACTIVE. */
async function active(context: StepContext<World>, serverId: string, input: CreateServerInput): Promise<MadeServer> {
  const { compute } = context.world.cloud.admin;
  const letBoot = firstBoot(context, serverId, input);
  return context.waitFor(
    async () => {
      const server = await compute.serverState(serverId);
      if (!server || server.status === 'ERROR') throw notCreated(server?.trouble);
      if (server.taskState === 'spawning') await letBoot();
      const made = server.status === 'ACTIVE' || server.status === 'SHUTOFF';
      return made && server.taskState === null ? { serverId } : undefined;
    },
    WAIT_CREATED_MS,
    () => notCreated({ code: 'too-slow', words: 'it was not ready in time.', hint: null }),
  );
}

function notCreated(trouble?: ServerTrouble): RewindError {
  const said = 'The Compute service could not make the server';
  if (!trouble) return new RewindError('server.not-created', `${said}, for a reason that is not known here.`);
  const { code, words, hint } = trouble;
  return new RewindError(`server.not-created.${code}`, `${said}: ${words}`, hint === null ? {} : { hint });
}

/** Removes our mark from it. */
export const finishServer: RecipeStep<{ point: PointRef; serverId: string }, null> = {
  name: 'finish-server',
  async act(context, { point, serverId }) {
    const { metadata } = await recordedServer(context, point);
    const { metadataItems } = await context.world.cloud.tenant(context.operation.project_id).offerings.computeRoom();
    const { value } = fitItems(metadata, metadataItems);
    const server = await serverStateIfThere(context, serverId);
    if (server) await unlessGone(setMetadataAsAdmin(context, server, value));
    return null;
  },
};
