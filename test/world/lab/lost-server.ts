import { dropVolume } from './blank-server.ts';
import { deleteServer, must, type Tenant } from './tenant.ts';

type Json = Record<string, unknown>;

/** What a test made and a restore made again: all of it goes in the end. */
export interface LostThings {
  servers: string[];
  volumes: string[];
  ports: string[];
  groups: string[];
  keypairs: string[];
}

/** A group with a rule of each kind: from an address, and from the group itself. */
export async function createGroup(who: Tenant, name: string, lost: LostThings): Promise<string> {
  const { security_group } = await must<{ security_group: { id: string } }>(
    who.call('network', 'POST', '/v2.0/security-groups', {
      security_group: { name, description: `${name} of a test` },
    }),
  );
  const { id } = security_group;
  lost.groups.push(id);
  const rules: Json[] = [
    {
      direction: 'ingress',
      ethertype: 'IPv4',
      protocol: 'tcp',
      port_range_min: 22,
      port_range_max: 22,
      remote_ip_prefix: '10.0.0.0/8',
    },
    { direction: 'ingress', ethertype: 'IPv4', remote_group_id: id, description: 'among us' },
  ];
  for (const rule of rules)
    await must(
      who.call('network', 'POST', '/v2.0/security-group-rules', {
        security_group_rule: { ...rule, security_group_id: id },
      }),
    );
  return id;
}

export async function createPort(
  who: Tenant,
  more: Json,
  lost: LostThings,
): Promise<{ id: string; mac_address: string }> {
  const { networks } = await must<{ networks: { id: string }[] }>(
    who.call('network', 'GET', '/v2.0/networks?name=demo-net'),
  );
  const { port } = await must<{ port: { id: string; mac_address: string } }>(
    who.call('network', 'POST', '/v2.0/ports', { port: { network_id: networks[0]?.id, ...more } }),
  );
  lost.ports.push(port.id);
  return port;
}

export async function createKeypair(who: Tenant, name: string, lost: LostThings): Promise<void> {
  await who.call('compute', 'DELETE', `/os-keypairs/${encodeURIComponent(name)}`);
  await must(who.call('compute', 'POST', '/os-keypairs', { keypair: { name, public_key: PUBLIC_KEY } }));
  lost.keypairs.push(name);
}

const PUBLIC_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0xFa2j0hAJmkTf1o6nqsJyHWk0dn6Cq1YqOkT5qgNQ rewind-test';

export async function dropLostServer(who: Tenant, lost: LostThings): Promise<void> {
  for (const id of lost.servers) await deleteServer(who, id);
  for (const id of lost.volumes) await dropVolume(who, id);
  for (const id of lost.ports) await who.call('network', 'DELETE', `/v2.0/ports/${id}`);
  for (const id of lost.groups) await who.call('network', 'DELETE', `/v2.0/security-groups/${id}`);
  for (const name of lost.keypairs) await who.call('compute', 'DELETE', `/os-keypairs/${encodeURIComponent(name)}`);
}

interface RawServer extends Json {
  id: string;
}

/** Everything of a server that must come back; `like` has no ids of things that are made anew. */
export async function readServer(who: Tenant, id: string) {
  const { server } = await must<{ server: RawServer }>(who.call('compute', 'GET', `/servers/${id}`));
  const { ports } = await must<{ ports: Json[] }>(who.call('network', 'GET', `/v2.0/ports?device_id=${id}`));
  const { volumeAttachments } = await must<{ volumeAttachments: Json[] }>(
    who.call('compute', 'GET', `/servers/${id}/os-volume_attachments`),
  );
  const groupIds = [...new Set(ports.flatMap((port) => port.security_groups as string[]))];
  const groups: unknown[] = [];
  for (const groupId of groupIds) groups.push(await readGroup(who, groupId));
  const { name, description, metadata, tags, key_name, flavor, image, config_drive, addresses } = server;
  const attachments = volumeAttachments.map(({ device, tag, delete_on_termination }) => ({
    device,
    tag,
    delete_on_termination,
  }));
  return {
    id: server.id,
    like: { name, description, metadata, tags, key_name, flavor, image, config_drive, addresses, attachments, groups },
    ports: ports.map((port) => ({
      id: String(port.id),
      name: port.name,
      description: port.description,
      mac_address: port.mac_address,
      fixed_ips: port.fixed_ips,
      network_id: port.network_id,
      status: port.status,
    })),
    groupIds,
  };
}

async function readGroup(who: Tenant, id: string): Promise<unknown> {
  const { security_group } = await must<{ security_group: Json }>(
    who.call('network', 'GET', `/v2.0/security-groups/${id}`),
  );
  const rules = (security_group.security_group_rules as Json[]).map((rule) =>
    [
      rule.direction,
      rule.ethertype,
      rule.protocol,
      rule.port_range_min,
      rule.port_range_max,
      rule.remote_ip_prefix,
      rule.remote_group_id === id ? 'itself' : rule.remote_group_id,
      rule.description,
    ].join(' '),
  );
  return { name: security_group.name, description: security_group.description, rules: rules.sort() };
}

/** A network of the tenant's own behind a router to an outside one, and one floating address of it. */
export interface OwnNetwork {
  id: string;
  outside: string;
  router: string;
  subnet: string;
  floating: { id: string; floating_ip_address: string };
}

const OUTSIDE = '203.0.113.0/24';
const INSIDE = '10.78.0.0/24';

export async function createNetwork(admin: Tenant, who: Tenant, name: string): Promise<OwnNetwork> {
  const make = async (by: Tenant, kind: string, body: Json): Promise<string> => {
    const path = kind === 'router' ? 'routers' : `${kind}s`;
    const made = await must<Record<string, { id: string }>>(
      by.call('network', 'POST', `/v2.0/${path}`, { [kind]: body }),
    );
    return made[kind]?.id ?? '';
  };
  const outside = await make(admin, 'network', { name: `${name}-outside`, 'router:external': true });
  await make(admin, 'subnet', { network_id: outside, cidr: OUTSIDE, ip_version: 4, enable_dhcp: false });
  const id = await make(who, 'network', { name });
  const subnet = await make(who, 'subnet', { network_id: id, cidr: INSIDE, ip_version: 4, enable_dhcp: false });
  const router = await make(who, 'router', { name, external_gateway_info: { network_id: outside } });
  await must(who.call('network', 'PUT', `/v2.0/routers/${router}/add_router_interface`, { subnet_id: subnet }));
  const { floatingip } = await must<{ floatingip: OwnNetwork['floating'] }>(
    who.call('network', 'POST', '/v2.0/floatingips', { floatingip: { floating_network_id: outside } }),
  );
  return { id, outside, router, subnet, floating: floatingip };
}

export async function dropNetwork(admin: Tenant, who: Tenant, network: OwnNetwork | undefined): Promise<void> {
  if (!network) return;
  await who.call('network', 'DELETE', `/v2.0/floatingips/${network.floating.id}`);
  await who.call('network', 'PUT', `/v2.0/routers/${network.router}/remove_router_interface`, {
    subnet_id: network.subnet,
  });
  await who.call('network', 'DELETE', `/v2.0/routers/${network.router}`);
  await must(who.call('network', 'DELETE', `/v2.0/networks/${network.id}`));
  await must(admin.call('network', 'DELETE', `/v2.0/networks/${network.outside}`));
}

/** With values that no other has. */
export async function createOddFlavor(admin: Tenant, name: string): Promise<string> {
  const { flavor } = await must<{ flavor: { id: string } }>(
    admin.call('compute', 'POST', '/flavors', { flavor: { name, ram: 257, vcpus: 1, disk: 1 } }),
  );
  return flavor.id;
}
