import { hasCode } from '../../../domain/errors.ts';
import { portsOfServer, projectOf } from '../../../domain/operations/own-ports.ts';
import type { Environment, Server } from '../../../ports/openstack.ts';
import type { Log } from '../../../ports/system.ts';
import type { ImageService } from '../image.ts';
import type { NetworkService } from '../network.ts';
import type { ComputeVersions } from '../nova/compute-versions.ts';
import { type JsonObject, list, object, text } from './read-json.ts';
import type { ServiceClient } from './service-client.ts';

/** The last that names the flavor's id; later ones embed its values instead. */
const FLAVOR_ID = 'compute 2.46';
/** 2.96 tells whether the zone was asked for, 2.100 the scheduler hints. */
const SHOW = ['2.100', '2.96', '2.90', '2.79'];
const ACT = ['2.79'];

/** What a service may answer without the backup failing for it: the part is then recorded as unknown. */
const TOLERATED = ['not-found', 'forbidden', 'bad-request', 'conflict', 'no-endpoint', 'no-role-in-project'] as const;

export interface EnvironmentParts {
  compute: ServiceClient;
  versions: ComputeVersions;
  image: ImageService;
  network: NetworkService;
  /** With the eyes of a member of the server's project. */
  membersNetwork: NetworkService;
  log: Log;
}

/**
 * Looks at a server's surroundings with an admin's eyes: user data, host and others' key pairs show to no one else.
 * A part that a service refuses is null or empty. Errors: `openstack.unavailable` and `openstack.unauthorized`,
 * since a backup must not silently lack what is there.
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

/** A part of the whole, or what stands for it when a service refuses it. */
type Part = <T>(name: string, read: Promise<T>, without: T) => Promise<T>;

/** What others have given this server's id is no part of it. */
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

/** Those of others only as far as they are shared with the project. */
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
  // An administrator is shown every port that has the server's id.
  const own = new Set(ports.map((port) => text(port.id)));
  return { volumeAttachments, interfaces: interfaces.filter((one) => own.has(text(one.port_id))) };
}

async function showServer(id: string, { compute, versions }: EnvironmentParts): Promise<JsonObject | undefined> {
  const microversion = await versions.pick(...SHOW);
  const body = await compute.find({ method: 'GET', path: ['servers', id], microversion });
  return body === undefined ? undefined : object(body.server);
}

/** Nova tells a device's tag in these lists only, from 2.70 on. */
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

/** The values as the server has them, even if the flavor is gone; and its id, which a new server needs. */
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
