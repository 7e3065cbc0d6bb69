import { type JsonObject, list } from './calls/read-json.ts';
import type { ServiceClient } from './calls/service-client.ts';

/** Number of ids in one query: Neutron's URLs are bounded. */
const IDS_AT_ONCE = 100;
/** A server has few ports and groups; more than this is abuse. */
const MAX_IDS = 5_000;

/** Neutron, Networking API v2.0. Lists are returned as Neutron gives them. */
export interface NetworkService {
  /** Ports of this project only: any other project may write the server's id into a port, too. */
  portsOf(serverId: string, projectId: string): Promise<JsonObject[]>;
  floatingIpsOf(portIds: string[]): Promise<JsonObject[]>;
  securityGroups(ids: string[]): Promise<JsonObject[]>;
  networks(ids: string[]): Promise<JsonObject[]>;
  subnets(ids: string[]): Promise<JsonObject[]>;
}

export function networkClient(client: ServiceClient): NetworkService {
  const read = async (collection: string, key: string, query: Record<string, string | string[]>) =>
    list((await client.read({ method: 'GET', path: [collection], query }))[key]);
  /** An empty filter would return everything in the cloud. */
  const readSome = async (collection: string, key: string, field: string, ids: string[]) => {
    const found: JsonObject[] = [];
    for (let at = 0; at < Math.min(ids.length, MAX_IDS); at += IDS_AT_ONCE)
      found.push(...(await read(collection, key, { [field]: ids.slice(at, at + IDS_AT_ONCE) })));
    return found;
  };

  return {
    portsOf: (serverId, projectId) => read('ports', 'ports', { device_id: serverId, tenant_id: projectId }),
    floatingIpsOf: (portIds) => readSome('floatingips', 'floatingips', 'port_id', portIds),
    securityGroups: (ids) => readSome('security-groups', 'security_groups', 'id', ids),
    networks: (ids) => readSome('networks', 'networks', 'id', ids),
    subnets: (ids) => readSome('subnets', 'subnets', 'id', ids),
  };
}
