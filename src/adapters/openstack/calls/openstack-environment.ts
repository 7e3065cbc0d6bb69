import { hasCode } from '../../../domain/errors.ts';
import { portsOfServer, projectOf } from '../../../domain/operations/own-ports.ts';
import type { Environment, Server } from '../../../ports/openstack.ts';
import type { Log } from '../../../ports/system.ts';
import type { ImageService } from '../image.ts';
import type { NetworkService } from '../network.ts';
import type { ComputeVersions } from '../nova/compute-versions.ts';
import { type JsonObject, list, object, text } from './read-json.ts';
import type { ServiceClient } from './service-client.ts';

/** The last one that shows the flavor's id; later ones embed its values instead. */
const FLAVOR_ID = 'compute 2.46';
/** 2.96 shows whether the zone was requested, 2.100 the scheduler hints. */
const SHOW = ['2.100', '2.96', '2.90', '2.79'];
const ACT = ['2.79'];

/** Answers of a service that do not make the backup fail: the part is then recorded as unknown. */
const TOLERATED = ['not-found', 'forbidden', 'bad-request', 'conflict', 'no-endpoint', 'no-role-in-project'] as const;

export interface EnvironmentParts {
  compute: ServiceClient;
  versions: ComputeVersions;
  image: ImageService;
  network: NetworkService;
  /** With the rights of a member of the server's project. */
  membersNetwork: NetworkService;
  log: Log;
}

/**
 * Reads what belongs to a server with an administrator's rights: user data, host and others' key pairs are shown to
 * nobody else. A part that a service refuses is null or empty. Errors: `openstack.unavailable` and
 * `openstack.unauthorized`, since a backup must not silently lack something that exists.
 */
export async function readEnvironment(seen: Server, parts: EnvironmentParts): Promise<Environment> {
  const { image } = parts;
  const part: Part = (name, read, without) =>
    read.catch((error: unknown) => {
      if (!TOLERATED.some((code) => hasCode(error, `openstack.${code}`))) throw error;
      parts.log.warn('part of a server is not recorded', { server_id: seen.id, part: name, err: error });
      return without;
    });

  const server = (await part('server', showServer(seen.id, parts), undefined)) ?? seen.raw;
  const ports = await readPorts(seen, server, parts, part);
  const [flavor, imageRaw, keypair, serverGroup, around, attached] = await Promise.all([
    part('flavor', readFlavor(seen.id, server, parts), null),
    part('image', seen.imageId === null ? Promise.resolve(undefined) : image.image(seen.imageId), undefined),
    part('keypair', readKeypair(server, parts), null),
    part('serverGroup', readServerGroup(server, parts), null),
    readNetworking(ports, seen.projectId, parts, part),
    readAttachments(seen.id, ports, parts, part),
  ]);
  return {
    server,
    flavor,
    image: imageRaw ?? null,
    ...attached,
    ports,
    ...around,
    keypair,
    serverGroup,
    tags: Array.isArray(server.tags) ? server.tags.map(String) : [],
    userData: text(server['OS-EXT-SRV-ATTR:user_data']),
  };
}

/** Reads one part, or returns `without` when a service refuses it. */
type Part = <T>(name: string, read: Promise<T>, without: T) => Promise<T>;

/** Ports of others that carry this server's id do not belong to it. */
async function readPorts(seen: Server, server: JsonObject, { network, log }: EnvironmentParts, part: Part) {
  const { own, strangers } = portsOfServer(server, await part('ports', network.portsOf(seen.id, seen.projectId), []));
  if (strangers.length > 0)
    log.warn('ports that only say that they are of a server', { server_id: seen.id, strangers });
  return own;
}

async function readNetworking(ports: JsonObject[], projectId: string, parts: EnvironmentParts, part: Part) {
  const { network } = parts;
  const subnetIds = ports.flatMap((port) => list(port.fixed_ips).map((one) => text(one.subnet_id)));
  const [networks, subnets, floatingIps, securityGroups] = await Promise.all([
    part('networks', network.networks(unique(ports.map((port) => text(port.network_id)))), []),
    part('subnets', network.subnets(unique(subnetIds)), []),
    part('floatingIps', network.floatingIpsOf(unique(ports.map((port) => text(port.id)))), []),
    part('securityGroups', readGroups(ports, projectId, parts), []),
  ]);
  return { networks, subnets, floatingIps, securityGroups };
}

/** Groups of other projects only as far as they are shared with this project. */
async function readGroups(ports: JsonObject[], projectId: string, { network, membersNetwork }: EnvironmentParts) {
  const groups = await network.securityGroups(groupsOf(ports));
  const foreign = groups.filter((group) => projectOf(group) !== projectId).map((group) => text(group.id));
  const shared = await membersNetwork.securityGroups(unique(foreign));
  const isSeen = (group: JsonObject) =>
    projectOf(group) === projectId || shared.some((one) => text(one.id) === text(group.id));
  return groups.filter(isSeen);
}

async function readAttachments(id: string, ports: JsonObject[], parts: EnvironmentParts, part: Part) {
  const [volumeAttachments, interfaces] = await Promise.all([
    part('volumeAttachments', listOf(id, 'os-volume_attachments', 'volumeAttachments', parts), []),
    part('interfaces', listOf(id, 'os-interface', 'interfaceAttachments', parts), []),
  ]);
  // An administrator sees every port that has the server's id.
  const own = new Set(ports.map((port) => text(port.id)));
  return { volumeAttachments, interfaces: interfaces.filter((one) => own.has(text(one.port_id))) };
}

async function showServer(id: string, { compute, versions }: EnvironmentParts): Promise<JsonObject | undefined> {
  const microversion = await versions.pick(...SHOW);
  const body = await compute.find({ method: 'GET', path: ['servers', id], microversion });
  return body === undefined ? undefined : object(body.server);
}

/** Nova shows a device's tag only in these lists, from 2.70 on. */
async function listOf(
  id: string,
  collection: string,
  key: string,
  { compute, versions }: EnvironmentParts,
): Promise<JsonObject[]> {
  const microversion = await versions.pick(...ACT);
  const body = await compute.find({ method: 'GET', path: ['servers', id, collection], microversion });
  return list(body?.[key]);
}

/** The values that the server has, even if the flavor is gone; and the flavor's id, which a new server needs. */
async function readFlavor(id: string, server: JsonObject, { compute }: EnvironmentParts): Promise<JsonObject> {
  const old = await compute.find({ method: 'GET', path: ['servers', id], microversion: FLAVOR_ID });
  const flavorId = text(object(object(old?.server).flavor).id);
  return { id: flavorId, ...object(server.flavor) };
}

async function readKeypair(server: JsonObject, { compute, versions }: EnvironmentParts): Promise<JsonObject | null> {
  const name = text(server.key_name);
  const userId = text(server.user_id);
  if (name === null || userId === null) return null;
  const microversion = await versions.pick(...ACT);
  const query = { user_id: userId };
  const body = await compute.find({ method: 'GET', path: ['os-keypairs', name], query, microversion });
  return body === undefined ? null : object(body.keypair);
}

async function readServerGroup(
  server: JsonObject,
  { compute, versions }: EnvironmentParts,
): Promise<JsonObject | null> {
  // A server is in one group at most.
  const id = Array.isArray(server.server_groups) ? text(server.server_groups[0]) : null;
  if (id === null) return null;
  const microversion = await versions.pick(...ACT);
  const body = await compute.find({ method: 'GET', path: ['os-server-groups', id], microversion });
  return body === undefined ? null : object(body.server_group);
}

const unique = (ids: (string | null)[]): string[] => [...new Set(ids.filter((id) => id !== null))];

const groupsOf = (ports: JsonObject[]): string[] => [
  ...new Set(ports.flatMap((port) => (Array.isArray(port.security_groups) ? port.security_groups.map(String) : []))),
];
