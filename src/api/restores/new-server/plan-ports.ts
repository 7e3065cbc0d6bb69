import type { PlannedFloatingIp, PlannedGroup, PlannedPort } from '../../../domain/points/new-server-plan.ts';
import type { RecordedPort } from '../../../domain/points/recorded-server.ts';
import type { Port } from '../../../ports/server-making.ts';
import { note, type PlanDraft, refuse } from './draft.ts';

const ASK = 'Free it, or say other networks.';

/** Each port as it was, with its MAC and addresses, or the ports that were requested instead. */
export async function planPorts(draft: PlanDraft): Promise<PlannedPort[]> {
  const { recorded, wishes } = draft;
  const ports: PlannedPort[] = [];
  if (wishes.networks === null) for (const port of recorded.ports) ports.push(await asRecorded(draft, port));
  else for (const [index, wish] of wishes.networks.entries()) ports.push(await asWished(draft, wish, index));
  if (ports.some((port) => port.existing_id === null))
    note(draft, 'port.stays', 'Ports are made by themselves: they stay when the server is deleted.');
  const strangers = recorded.strangersPorts?.length ?? 0;
  if (strangers > 0)
    note(
      draft,
      'port.not-the-servers',
      `${strangers} of the recorded ports only said that they were the server's, and are left out.`,
    );
  return ports;
}

async function asRecorded(draft: PlanDraft, port: RecordedPort): Promise<PlannedPort> {
  const { network } = draft;
  const plan = {
    recorded_id: port.id,
    existing_id: null,
    network_id: port.networkId,
    mac_address: port.macAddress,
    fixed_ips: port.fixedIps.map((one) => ({ subnet_id: one.subnetId, ip_address: one.ipAddress })),
    security_groups: port.securityGroups,
  };
  // A port that was made before its server still exists after it.
  const still = await network.port(port.id);
  if (still && still.deviceId === null) return { ...plan, existing_id: still.id };
  const there = await network.network(port.networkId);
  if (!there) {
    refuse(draft, 'network.gone', `The network ${port.networkId} is gone.`);
    return plan;
  }
  for (const { subnetId, ipAddress } of port.fixedIps) {
    if ((await network.subnet(subnetId))?.networkId !== port.networkId)
      refuse(draft, 'subnet.gone', `The subnet of the address ${ipAddress} is gone.`);
    else
      refuseTaken(
        draft,
        `The address ${ipAddress} is taken`,
        await network.portsWithAddress(port.networkId, ipAddress),
      );
  }
  refuseTaken(
    draft,
    `The MAC address ${port.macAddress} is taken`,
    await network.portsWithMac(port.networkId, port.macAddress),
  );
  if (port.subports !== undefined)
    note(
      draft,
      'port.trunk',
      `The port ${port.macAddress} was the parent of a trunk with ${port.subports} others, which is not made again.`,
    );
  if (port.qosPolicyId !== null) note(draft, 'port.qos', 'A port had a QoS policy, which an operator must give back.');
  return plan;
}

function refuseTaken(draft: PlanDraft, what: string, ports: readonly Port[]): void {
  const [port] = ports;
  if (!port) return;
  const by = port.deviceId === draft.recorded.id ? ' by the server itself, which still exists' : '';
  refuse(draft, 'address.taken', `${what}${by}.`, ASK);
}

async function asWished(
  draft: PlanDraft,
  wish: { uuid: string; fixed_ip?: string | undefined },
  index: number,
): Promise<PlannedPort> {
  const there = await draft.network.network(wish.uuid);
  if (!there) refuse(draft, 'network.not-found', `There is no network ${wish.uuid}.`);
  else if (wish.fixed_ip !== undefined)
    refuseTaken(
      draft,
      `The address ${wish.fixed_ip} is taken`,
      await draft.network.portsWithAddress(wish.uuid, wish.fixed_ip),
    );
  const like = draft.recorded.ports[index] ?? draft.recorded.ports[0];
  return {
    recorded_id: null,
    existing_id: null,
    network_id: wish.uuid,
    mac_address: null,
    fixed_ips: wish.fixed_ip === undefined ? [] : [{ subnet_id: null, ip_address: wish.fixed_ip }],
    security_groups: like?.securityGroups ?? [],
  };
}

/**
 * The groups that the ports name. A missing one is made again; a project's default group cannot be made, and one of
 * another project is not ours to make: without it less traffic is allowed in.
 */
export async function planGroups(draft: PlanDraft, ports: readonly PlannedPort[]): Promise<PlannedGroup[]> {
  const fresh = ports.filter((port) => port.existing_id === null);
  const groups: PlannedGroup[] = [];
  for (const id of new Set(fresh.flatMap((port) => port.security_groups))) {
    const known = draft.recorded.securityGroups.find((group) => group.id === id);
    const exists = (await draft.network.securityGroup(id)) !== undefined;
    if (!exists && known?.foreign === true) {
      note(draft, 'security-group.foreign', `The security group ${id} of another project is not shared any more.`);
      for (const port of fresh) port.security_groups = port.security_groups.filter((one) => one !== id);
      continue;
    }
    if (!exists && (known === undefined || known.name === 'default'))
      refuse(draft, 'security-group.gone', 'A security group is gone and cannot be made again.');
    groups.push({ recorded_id: id, name: known?.name ?? '', exists });
  }
  return groups;
}

/** Only on request: a floating address may serve somebody else by now. */
export async function planFloatingIps(draft: PlanDraft): Promise<PlannedFloatingIp[]> {
  const { recorded, wishes, network } = draft;
  if (!wishes.floating_ips) {
    for (const { address } of recorded.floatingIps)
      note(draft, 'floating-ip.not-assigned', `The floating address ${address} was not asked for.`);
    return [];
  }
  const planned: PlannedFloatingIp[] = [];
  for (const { address, portId, fixedIp } of recorded.floatingIps) {
    const own = await network.floatingIp(address);
    const port = recorded.ports.findIndex((one) => one.id === portId);
    if (!own) refuse(draft, 'floating-ip.gone', `The floating address ${address} is not the project's any more.`);
    else if (own.portId !== null && own.portId !== portId)
      refuse(draft, 'floating-ip.taken', `The floating address ${address} is in use.`);
    else if (port < 0 || (wishes.networks !== null && port >= wishes.networks.length))
      refuse(draft, 'floating-ip.no-port', `The floating address ${address} has no port to go to.`);
    else planned.push({ id: own.id, address, port, fixed_ip: wishes.networks === null ? fixedIp : null });
  }
  return planned;
}
