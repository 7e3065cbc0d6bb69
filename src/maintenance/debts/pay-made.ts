import { hasCode } from '../../domain/errors.ts';
import type { Debt } from '../../domain/operations/debt.ts';
import type { ServerState, Volume } from '../../ports/openstack.ts';
import type { Networking, Port } from '../../ports/server-making.ts';
import { unlockOwed } from '../../workflows/acts/debt-acts.ts';
import { GUARD } from '../../workflows/acts/volume-acts.ts';
import type { World } from '../../workflows/world.ts';
import {
  inTheWay,
  lookUntil,
  numberOrNull,
  type PayDebt,
  text,
  textOrNull,
  texts,
  textsByName,
  waitForLate,
} from './debt-details.ts';

/**
 * Things that an operation made and nobody wants. They are known by the id in the operation's journal; where there was
 * no answer, by the mark that was drawn before the request: then the thing must be as requested, from that time, and in
 * use by nobody. Everything is done with the rights of a tenant: what an operator has locked stays. A thing that left
 * the project, or is in use by now, is the tenant's.
 */

const LOOKS = 10;

const untilGone = (world: World, signal: AbortSignal, look: () => Promise<unknown>): Promise<void> =>
  lookUntil(world, { looks: LOOKS, signal }, async () => (await look()) === undefined);

const projectOf = (debt: Debt): string => debt.project_id ?? '';

export const payVolume: PayDebt = async (world, debt, signal) => {
  const { blockStorage } = world.cloud.tenant(projectOf(debt));
  const find = (id: string) => world.cloud.admin.blockStorage.volume(id);
  const volumes = await candidates(world, debt, find, async () =>
    (await blockStorage.findVolumes(textsByName(debt, 'metadata'))).filter((one) => isLateVolume(debt, one)),
  );
  for (const volume of volumes) {
    if (volume.projectId !== debt.project_id || (await isUsed(world, debt, volume))) continue;
    if (volume.status === GUARD) throw inTheWay();
    if (volume.status !== 'deleting') await blockStorage.deleteVolume(volume.id);
    await untilGone(world, signal, () => find(volume.id));
  }
};

/** If it is attached to a server that is itself still to be removed, it waits for that. */
async function isUsed(world: World, debt: Debt, { id, attachments, status }: Volume): Promise<boolean> {
  for (const { serverId } of attachments) if (await isOwed(world, debt, serverId)) throw inTheWay();
  if (attachments.length > 0 || status === 'awaiting-transfer') return true;
  return (await world.cloud.admin.blockStorage.snapshotsOf(id)).length > 0;
}

/** A server that turned out to be the tenant's is no longer a debt, and what is attached to it is theirs. */
async function isOwed(world: World, debt: Debt, serverId: string): Promise<boolean> {
  if (!texts(debt, 'server_ids').includes(serverId)) return false;
  const owed = await owedBeside(world, debt);
  return owed.some(({ kind, details }) => kind === 'remove-server' && mentions(details, serverId));
}

/** All debts of the same operation, including this one. */
async function owedBeside(world: World, debt: Debt): Promise<Debt[]> {
  return (await world.debts.list(MOST_DEBTS)).filter((one) => one.operation_id === debt.operation_id);
}

/** If an id is unknown, so is the server that it is about. */
function mentions(details: unknown, serverId: string): boolean {
  const { id } = (details ?? {}) as { id?: unknown };
  return id === serverId || id === null;
}

const isLateVolume = (debt: Debt, { raw, attachments, sizeGiB }: Volume): boolean =>
  attachments.length === 0 && sizeGiB === numberOrNull(debt, 'size_gib') && isOfThen(debt, raw?.created_at);

export const payServer: PayDebt = async (world, debt, signal) => {
  const { compute } = world.cloud.admin;
  const { making } = world.cloud.tenant(projectOf(debt));
  const find = (id: string) => compute.serverState(id);
  const servers = await candidates(world, debt, find, async () => {
    const found = await making.findServers(textsByName(debt, 'metadata'));
    const seen = await Promise.all(found.map(find));
    return seen.filter((one) => one !== undefined).filter((one) => isLateServer(debt, one));
  });
  for (const server of servers) {
    const { id, projectId, taskState } = server;
    if (projectId !== debt.project_id || (await hasOthers(world, debt, id))) continue;
    if (server.locked && server.lockedReason === textOrNull(debt, 'reason')) await unlockOwed(world, server);
    if (taskState !== 'deleting') await making.deleteServer(id);
    await untilGone(world, signal, () => find(id));
  }
};

/** A tenant has attached a volume of their own: so they use the server. */
async function hasOthers(world: World, debt: Debt, serverId: string): Promise<boolean> {
  const ours = texts(debt, 'volume_ids');
  const server = await world.cloud.admin.compute.server(serverId);
  return server?.volumes.some(({ volumeId }) => !ours.includes(volumeId)) ?? false;
}

const isLateServer = (debt: Debt, { name, raw }: ServerState): boolean =>
  name === textOrNull(debt, 'name') && isOfThen(debt, raw?.created);

export const payPort: PayDebt = async (world, debt, signal) => {
  const { network } = world.cloud.tenant(projectOf(debt));
  const ports = await candidates(world, debt, network.port, async () =>
    (await network.portsDescribed(text(debt, 'description'))).filter(
      (one) => !one.deviceId && one.networkId === textOrNull(debt, 'network_id'),
    ),
  );
  for (const port of ports) {
    if (port.projectId !== debt.project_id || (await isTaken(world, debt, port))) continue;
    await network.deletePort(port.id);
    await untilGone(world, signal, () => network.port(port.id));
  }
};

async function isTaken(world: World, debt: Debt, { deviceId }: Port): Promise<boolean> {
  if (deviceId && (await isOwed(world, debt, deviceId))) throw inTheWay();
  return Boolean(deviceId);
}

export const payGroup: PayDebt = async (world, debt) => {
  const { network } = world.cloud.tenant(projectOf(debt));
  const groups = await candidates(world, debt, network.securityGroup, () =>
    network.groupsDescribed(text(debt, 'description')),
  );
  for (const { id } of groups) await removeGroup(world, debt, network, id);
};

async function removeGroup(world: World, debt: Debt, network: Networking, id: string): Promise<void> {
  try {
    await network.deleteSecurityGroup(id);
  } catch (error) {
    if (!hasCode(error, 'openstack.conflict')) throw error;
    // It has members: if they are ours, they go first; otherwise somebody uses it, and it stays.
    const owed = await owedBeside(world, debt);
    if (owed.some(({ kind }) => BEFORE_GROUPS.includes(kind))) throw inTheWay();
  }
}

const MOST_DEBTS = 100_000;
const BEFORE_GROUPS = ['remove-port', 'remove-server'];

/** @throws RewindError `debt.may-come` when there is none, and one may still come */
async function candidates<T extends { id: string }>(
  world: World,
  debt: Debt,
  find: (id: string) => Promise<T | undefined>,
  findMarked: () => Promise<T[]>,
): Promise<T[]> {
  const id = textOrNull(debt, 'id');
  if (id !== null) return [await find(id)].filter((one) => one !== undefined);
  const keep = textOrNull(debt, 'keep');
  const found = (await findMarked()).filter((one) => one.id !== keep);
  if (found.length === 0) waitForLate(world, debt);
  return found;
}

/** Services create what is requested soon or, when the request is lost, never. */
const MADE_WITHIN_MS = 3_600_000;
const CLOCKS_DIFFER_MS = 120_000;

/** Only the service writes when a thing was made. */
function isOfThen(debt: Debt, made: unknown): boolean {
  const at = Date.parse(typeof made === 'string' ? `${made.replace(/(\.\d+)?Z?$/, '')}Z` : '');
  const asked = Date.parse(text(debt, 'asked_at'));
  return at >= asked - CLOCKS_DIFFER_MS && at <= asked + MADE_WITHIN_MS;
}
