import { type JsonObject, list } from './json.ts';
import type { ServiceClient } from './service-client.ts';

/** Ids in one query: Neutron's URLs are bounded, a server's ports and groups are few. */
const MAX_IDS = 100;

/** Neutron, Networking API v2.0. Lists as it gives them. */
export interface NetworkService {
  portsOf(serverId: string): Promise<JsonObject[]>;
  floatingIpsOf(portIds: string[]): Promise<JsonObject[]>;
  securityGroups(ids: string[]): Promise<JsonObject[]>;
  networks(ids: string[]): Promise<JsonObject[]>;
  subnets(ids: string[]): Promise<JsonObject[]>;
}

export function networkClient(client: ServiceClient): NetworkService {
  const read = async (collection: string, key: string, query: Record<string, string | string[]>) =>
    list((await client.read({ method: 'GET', path: [collection], query }))[key]);
  /** An empty filter would mean all of the cloud. */
  const readSome = async (collection: string, key: string, field: string, ids: string[]) =>
    ids.length === 0 ? [] : read(collection, key, { [field]: ids.slice(0, MAX_IDS) });

  return {
    portsOf: (serverId) => read('ports', 'ports', { device_id: serverId }),
    floatingIpsOf: (portIds) => readSome('floatingips', 'floatingips', 'port_id', portIds),
    securityGroups: (ids) => readSome('security-groups', 'security_groups', 'id', ids),
    networks: (ids) => readSome('networks', 'networks', 'id', ids),
    subnets: (ids) => readSome('subnets', 'subnets', 'id', ids),
  };
}
