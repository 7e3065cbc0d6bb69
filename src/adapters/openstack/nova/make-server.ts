import { hasCode } from '../../../domain/errors.ts';
import { fitDeviceTag, fitServer } from '../../../domain/service-limits.ts';
import type { NewServer, ServerMaking } from '../../../ports/server-making.ts';
import { unavailable } from '../calls/openstack-errors.ts';
import { readAll } from '../calls/paging.ts';
import { type JsonObject, object, strings, text } from '../calls/read-json.ts';
import type { ServiceClient } from '../calls/service-client.ts';
import type { ComputeVersions } from './compute-versions.ts';

/** 2.90 takes a host name. */
const CREATE = ['2.90', '2.79'];
const ACT = ['2.79'];
const NO_TEXTS = { name: '', description: null, hostname: null, tags: [], userData: null };
/** From 2.92 on, names of key pairs may contain @ and dots; the key must be given. */
const KEYPAIR = ['2.92', '2.79'];

/** Nova, Compute API v2.1 (docs.openstack.org/api-ref/compute): servers and what they need of Nova itself. */
export function serverMakingClient(client: ServiceClient, versions: ComputeVersions): ServerMaking {
  const act = async (method: 'POST' | 'PUT' | 'DELETE', path: string[], body?: object): Promise<void> =>
    client.act({ method, path, ...(body && { body }), microversion: await versions.pick(...ACT) });
  const remove = (...path: string[]) =>
    act('DELETE', path).catch((error: unknown) => {
      if (!hasCode(error, 'openstack.not-found')) throw error;
    });

  return {
    async createServer(server) {
      const microversion = await versions.pick(...CREATE);
      const body = createBody(server, microversion.endsWith(CREATE[0] ?? ''));
      const answer = await client.read({ method: 'POST', path: ['servers'], body, microversion });
      const id = text(object(answer.server).id);
      if (id === null) throw unavailable('compute', new Error('no id of a new server'), 'gave no usable answer');
      return id;
    },
    async findServers(metadata) {
      const version = await versions.pick(...ACT);
      const rows = await readAll('compute', client, ['servers', 'detail'], 'servers', {}, version);
      const projectId = await client.projectId();
      return rows
        .filter((row) => row.tenant_id === projectId)
        .filter((row) => Object.entries(metadata).every(([key, value]) => strings(row.metadata)[key] === value))
        .map((row) => text(row.id) ?? '');
    },
    deleteServer: (id) => remove('servers', id),
    attachPort: (serverId, portId, tag) =>
      act('POST', ['servers', serverId, 'os-interface'], {
        interfaceAttachment: { port_id: portId, ...(fitDeviceTag(tag) && { tag }) },
      }),
    setMetadata: (serverId, metadata) =>
      act('PUT', ['servers', serverId, 'metadata'], {
        metadata: fitServer({ ...NO_TEXTS, metadata }).value.metadata,
      }),
    async portsPlugged(serverId, portIds) {
      const events = portIds.map((tag) => ({
        ...{ name: 'network-vif-plugged', server_uuid: serverId, tag, status: 'completed' },
      }));
      await act('POST', ['os-server-external-events'], { events }).catch((error: unknown) => {
        if (!hasCode(error, 'openstack.not-found') && !hasCode(error, 'openstack.bad-request')) throw error;
      });
    },
    async keypair(name) {
      const microversion = await versions.pick(...ACT);
      const body = await client.find({ method: 'GET', path: ['os-keypairs', name], microversion });
      const keypair = object(body?.keypair);
      return body && { publicKey: text(keypair.public_key) ?? '', createdAt: text(keypair.created_at) };
    },
    async createKeypair({ name, type, publicKey }) {
      const microversion = await versions.pick(...KEYPAIR);
      const body = { keypair: { name, type, public_key: publicKey } };
      await client.act({ method: 'POST', path: ['os-keypairs'], body, microversion });
    },
    deleteKeypair: (name) => remove('os-keypairs', name),
  };
}

/** Drops what Nova would not accept, whatever was recorded. */
export function createBody(wanted: NewServer, takesHostname: boolean): JsonObject {
  const server = { ...wanted, ...fitServer(wanted).value };
  const optional = {
    imageRef: server.imageId,
    description: server.description,
    key_name: server.keyName,
    availability_zone: server.availabilityZone,
    user_data: server.userData,
    hostname: takesHostname ? server.hostname : null,
    block_device_mapping_v2: server.rootVolume && [rootMapping(server.rootVolume)],
    tags: server.tags.length > 0 ? server.tags : null,
    config_drive: server.configDrive || null,
  };
  const given = Object.entries(optional).filter(([, value]) => value !== null);
  const networks = server.ports.map(({ id, tag }) => ({ port: id, ...(fitDeviceTag(tag) && { tag }) }));
  return {
    server: {
      name: server.name,
      flavorRef: server.flavorId,
      metadata: server.metadata,
      networks: networks.length > 0 ? networks : 'none',
      ...Object.fromEntries(given),
    },
    ...(server.serverGroupId !== null && { 'os:scheduler_hints': { group: server.serverGroupId } }),
  };
}

const rootMapping = (root: NonNullable<NewServer['rootVolume']>): JsonObject => ({
  boot_index: 0,
  uuid: root.id,
  source_type: 'volume',
  destination_type: 'volume',
  delete_on_termination: root.deleteOnTermination,
  ...(fitDeviceTag(root.tag) && { tag: root.tag }),
});
