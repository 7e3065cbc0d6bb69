import { hasCode } from '../../domain/errors.ts';
import { fitAddressPairs, fitDhcpOptions, fitNeutronText } from '../../domain/service-limits.ts';
import type { Networking, NewPort, Port, SecurityGroup } from '../../ports/server-making.ts';
import { type JsonObject, list, object, text } from './calls/read-json.ts';
import type { ServiceClient } from './calls/service-client.ts';

/** Neutron, Networking API v2.0: the parts that belong to a server. */
export function networkingClient(client: ServiceClient): Networking {
  const listOf = async (path: string, key: string, query: Record<string, string | string[]>) =>
    list((await client.read({ method: 'GET', path: [path], query }))[key]);
  const one = async (path: string, key: string, id: string): Promise<JsonObject | undefined> => {
    const body = await client.find({ method: 'GET', path: [path, id] });
    return body && object(body[key]);
  };
  const make = async (path: string, key: string, body: object): Promise<JsonObject> =>
    object((await client.read({ method: 'POST', path: [path], body: { [key]: body } }))[key]);
  const change = (path: string, id: string, body: object) => client.act({ method: 'PUT', path: [path, id], body });
  const remove = (path: string, id: string) =>
    client.act({ method: 'DELETE', path: [path, id] }).catch((error: unknown) => {
      if (!hasCode(error, 'openstack.not-found')) throw error;
    });
  const ports = async (query: Record<string, string>) => (await listOf('ports', 'ports', query)).map(portFrom);

  return {
    async network(id) {
      const raw = await one('networks', 'network', id);
      return raw && { id, subnetIds: Array.isArray(raw.subnets) ? raw.subnets.map(String) : [] };
    },
    async subnet(id) {
      const raw = await one('subnets', 'subnet', id);
      const autoAddress = ['slaac', 'dhcpv6-stateless'].includes(text(raw?.ipv6_address_mode) ?? '');
      return raw && { id, networkId: text(raw.network_id) ?? '', autoAddress };
    },
    async port(id) {
      const raw = await one('ports', 'port', id);
      return raw && portFrom(raw);
    },
    portsWithAddress: (networkId, ipAddress) => ports({ network_id: networkId, fixed_ips: `ip_address=${ipAddress}` }),
    portsWithMac: (networkId, macAddress) => ports({ network_id: networkId, mac_address: macAddress }),
    portsDescribed: async (description) => mine(client, await listOf('ports', 'ports', { description }), portFrom),
    createPort: async (port) => portFrom(await make('ports', 'port', portBody(port))),
    describePort: (id, description) => change('ports', id, { port: { description: fitNeutronText(description) } }),
    setPortUp: (id, up) => change('ports', id, { port: { admin_state_up: up } }),
    deletePort: (id) => remove('ports', id),
    async securityGroup(id) {
      const raw = await one('security-groups', 'security_group', id);
      return raw && groupFrom(raw);
    },
    groupsDescribed: async (description) =>
      mine(client, await listOf('security-groups', 'security_groups', { description }), groupFrom),
    createSecurityGroup: async (group) => groupFrom(await make('security-groups', 'security_group', groupBody(group))),
    describeGroup: (id, description) =>
      change('security-groups', id, { security_group: { description: fitNeutronText(description) } }),
    deleteSecurityGroup: (id) => remove('security-groups', id),
    createRule: async (rule) => {
      await make('security-group-rules', 'security_group_rule', rule);
    },
    deleteRule: (id) => remove('security-group-rules', id),
    async floatingIp(address) {
      const found = await listOf('floatingips', 'floatingips', { floating_ip_address: address });
      const [own] = await mine(client, found, (raw) => ({ id: text(raw.id) ?? '', portId: text(raw.port_id) }));
      return own;
    },
    assignFloatingIp: (id, portId, fixedIp) =>
      change('floatingips', id, { floatingip: { port_id: portId, ...(fixedIp && { fixed_ip_address: fixedIp }) } }),
  };
}

/** Keeps what is the project's own: an administrator's token, and shared things, show more. */
async function mine<T>(client: ServiceClient, rows: JsonObject[], shape: (raw: JsonObject) => T): Promise<T[]> {
  const projectId = await client.projectId();
  return rows.filter((row) => (text(row.project_id) ?? text(row.tenant_id)) === projectId).map(shape);
}

const portFrom = (raw: JsonObject): Port => ({
  id: text(raw.id) ?? '',
  adminStateUp: raw.admin_state_up !== false,
  projectId: text(raw.project_id) ?? text(raw.tenant_id) ?? '',
  networkId: text(raw.network_id) ?? '',
  macAddress: text(raw.mac_address) ?? '',
  fixedIps: list(raw.fixed_ips).map((one) => ({
    subnetId: text(one.subnet_id) ?? '',
    ipAddress: text(one.ip_address) ?? '',
  })),
  deviceId: text(raw.device_id),
});

const groupFrom = (raw: JsonObject): SecurityGroup => ({
  id: text(raw.id) ?? '',
  name: text(raw.name) ?? '',
  ruleIds: list(raw.security_group_rules).map((rule) => text(rule.id) ?? ''),
});

/**
 * Contains only what differs from Neutron's defaults: not everybody may set the rest, and some of it is not known
 * everywhere.
 */
export function portBody(port: NewPort): JsonObject {
  const [pairs, options] = [fitAddressPairs(port.addressPairs), fitDhcpOptions(port.dhcpOptions)];
  return {
    network_id: port.networkId,
    name: fitNeutronText(port.name),
    description: fitNeutronText(port.description),
    ...(port.macAddress !== null && { mac_address: port.macAddress }),
    ...(port.fixedIps !== null && {
      fixed_ips: port.fixedIps.map(({ subnetId, ipAddress }) => ({
        ...(ipAddress !== null && { ip_address: ipAddress }),
        ...(subnetId !== null && { subnet_id: subnetId }),
      })),
    }),
    ...(port.portSecurity ? { security_groups: port.securityGroups } : { port_security_enabled: false }),
    ...(pairs.length > 0 && { allowed_address_pairs: pairs }),
    ...(options.length > 0 && { extra_dhcp_opts: options }),
    ...(port.vnicType !== 'normal' && { 'binding:vnic_type': port.vnicType }),
    ...(!port.adminStateUp && { admin_state_up: false }),
  };
}

const groupBody = ({ name, description, stateful }: { name: string; description: string; stateful: boolean }) => ({
  name: fitNeutronText(name),
  description: fitNeutronText(description),
  ...(!stateful && { stateful: false }),
});
