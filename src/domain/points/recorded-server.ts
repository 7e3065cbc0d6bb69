import { integer, type JsonObject, list, object, strings, text } from '../json.ts';
import { portsOfServer, projectOf } from '../operations/own-ports.ts';
import type { DiskKind } from './disk.ts';

/** A server as a recovery point records it, from which a new one is made. User data stay in the manifest. */
export interface RecordedServer {
  id: string;
  name: string;
  description: string | null;
  hostname: string | null;
  flavor: RecordedFlavor | null;
  image: RecordedImage | null;
  /** Missing in old records, whose ports may include those of others. */
  strangersPorts?: string[];
  /** The server's own ports, in the order in which the guest sees them. */
  ports: RecordedPort[];
  floatingIps: { address: string; portId: string; fixedIp: string | null }[];
  securityGroups: RecordedGroup[];
  keypair: RecordedKeypair | null;
  /** Name of the server's key pair, whether or not the key could be recorded. */
  keyName: string | null;
  serverGroup: { id: string; name: string | null } | null;
  /** The requested availability zone; null when none was requested, as far as is known. */
  zone: string | null;
  configDrive: boolean;
  metadata: Record<string, string>;
  tags: string[];
  running: boolean;
  disks: RecordedDisk[];
}

export interface RecordedFlavor {
  id: string | null;
  name: string | null;
  vcpus: number;
  ramMiB: number;
  diskGiB: number;
  ephemeralGiB: number;
  swapMiB: number;
  /** Null: unknown. */
  extraSpecs: Record<string, string> | null;
}

interface RecordedImage {
  id: string;
  name: string | null;
  /** `hw_*` and `os_*`: Nova builds the machine from them. */
  properties: Record<string, string>;
}

export interface RecordedPort {
  id: string;
  name: string;
  description: string;
  networkId: string;
  macAddress: string;
  fixedIps: { subnetId: string; ipAddress: string }[];
  securityGroups: string[];
  portSecurity: boolean;
  addressPairs: JsonObject[];
  dhcpOptions: JsonObject[];
  vnicType: string;
  /** A QoS policy, which only an operator may give back. */
  qosPolicyId: string | null;
  adminStateUp: boolean;
  /** Nova's device tag. */
  tag: string | null;
  /** Number of subports if it was the parent of a trunk. Absent: it was none, or that was not recorded. */
  subports?: number;
}

interface RecordedGroup {
  id: string;
  name: string;
  description: string;
  stateful: boolean;
  /** True: another project shares it with the server's. */
  foreign?: boolean;
  /** In Neutron's form. */
  rules: JsonObject[];
}

export interface RecordedKeypair {
  name: string;
  type: string;
  publicKey: string;
}

export interface RecordedDisk {
  id: string;
  kind: DiskKind;
  volumeId: string | null;
  name: string | null;
  device: string | null;
  sizeBytes: number;
  volumeType: string | null;
  zone: string | null;
  deleteOnTermination: boolean;
  /** Nova's device tag. */
  tag: string | null;
  /** Absent in old records. */
  description?: string | null;
  metadata?: Record<string, string>;
  imageMetadata?: Record<string, string>;
}

/** What a manifest says about one disk. */
export interface DiskRecord {
  id: string;
  kind: DiskKind;
  volume_id: string | null;
  name: string | null;
  device: string | null;
  size_bytes: number;
  volume_type: string | null;
  availability_zone: string | null;
  delete_on_termination: boolean;
  description?: string | null;
  metadata?: Record<string, string>;
  image_metadata?: Record<string, string>;
}

/** Reads the recorded answers of the services. Missing parts become null or empty. */
export function recordedServerOf(environment: JsonObject, disks: readonly DiskRecord[]): RecordedServer {
  const server = object(environment.server);
  const group = object(environment.serverGroup);
  const ports = portsOfServer(server, environment.ports);
  const shaped = shapedPorts(environment, ports.own);
  const tags = new Map(list(environment.volumeAttachments).map((one) => [text(one.volumeId), text(one.tag)]));
  return {
    id: text(server.id) ?? '',
    name: text(server.name) ?? '',
    description: text(server.description),
    hostname: text(server['OS-EXT-SRV-ATTR:hostname']),
    flavor: flavorOf(environment.flavor),
    image: imageOf(server, environment.image),
    strangersPorts: ports.strangers,
    ports: shaped,
    floatingIps: list(environment.floatingIps)
      .map((one) => ({
        address: text(one.floating_ip_address) ?? '',
        portId: text(one.port_id) ?? '',
        fixedIp: text(one.fixed_ip_address),
      }))
      .filter((one) => shaped.some((port) => port.id === one.portId)),
    securityGroups: list(environment.securityGroups)
      .filter((one) => shaped.some((port) => port.securityGroups.includes(text(one.id) ?? '')))
      .map((one) => groupOf(one, text(server.tenant_id))),
    keypair: keypairOf(environment.keypair),
    keyName: text(server.key_name),
    serverGroup: text(group.id) === null ? null : { id: text(group.id) ?? '', name: text(group.name) },
    zone: zoneOf(server),
    // Nova gives "True" or an empty string.
    configDrive: server.config_drive === true || text(server.config_drive) !== null,
    metadata: strings(server.metadata),
    tags: Array.isArray(environment.tags) ? environment.tags.map(String) : [],
    running: server.status === 'ACTIVE',
    disks: disks.map((disk) => diskOf(disk, tags.get(disk.volume_id) ?? null)),
  };
}

/** Base64, as Nova keeps it: it may contain passwords, and so goes from the manifest to Nova and nowhere else. */
export const userDataOf = (environment: JsonObject): string | null => text(environment.userData);

/** In some of Nova's answers numbers are texts: swap is '' for none. */
const number = (value: unknown): number => integer(typeof value === 'string' ? Number(value) : value) ?? 0;

function flavorOf(raw: unknown): RecordedFlavor | null {
  const flavor = object(raw);
  if (integer(flavor.vcpus) === null) return null;
  return {
    id: text(flavor.id),
    name: text(flavor.original_name) ?? text(flavor.name),
    vcpus: number(flavor.vcpus),
    ramMiB: number(flavor.ram),
    diskGiB: number(flavor.disk),
    ephemeralGiB: number(flavor.ephemeral ?? flavor['OS-FLV-EXT-DATA:ephemeral']),
    swapMiB: number(flavor.swap),
    extraSpecs: flavor.extra_specs === undefined ? null : strings(flavor.extra_specs),
  };
}

function imageOf(server: JsonObject, raw: unknown): RecordedImage | null {
  const id = text(object(server.image).id);
  if (id === null) return null;
  const image = object(raw);
  return { id, name: text(image.name), properties: machineProperties(image) };
}

export const machineProperties = (image: JsonObject): Record<string, string> =>
  Object.fromEntries(
    Object.entries(strings(image)).filter(
      ([key]) => /^(hw|os|img)_/.test(key) && key !== 'os_hash_value' && key !== 'os_hash_algo',
    ),
  );

function shapedPorts(environment: JsonObject, own: JsonObject[]): RecordedPort[] {
  const tags = new Map(list(environment.interfaces).map((one) => [text(one.port_id), text(one.tag)]));
  return own.map((port) => portOf(port, tags));
}

function portOf(raw: JsonObject, tags: ReadonlyMap<string | null, string | null>): RecordedPort {
  const trunk = object(raw.trunk_details);
  return {
    id: text(raw.id) ?? '',
    name: text(raw.name) ?? '',
    description: text(raw.description) ?? '',
    networkId: text(raw.network_id) ?? '',
    macAddress: text(raw.mac_address) ?? '',
    fixedIps: list(raw.fixed_ips).map((one) => ({
      subnetId: text(one.subnet_id) ?? '',
      ipAddress: text(one.ip_address) ?? '',
    })),
    securityGroups: Array.isArray(raw.security_groups) ? raw.security_groups.map(String) : [],
    portSecurity: raw.port_security_enabled !== false,
    addressPairs: list(raw.allowed_address_pairs),
    dhcpOptions: list(raw.extra_dhcp_opts),
    vnicType: text(raw['binding:vnic_type']) ?? 'normal',
    qosPolicyId: text(raw.qos_policy_id),
    adminStateUp: raw.admin_state_up !== false,
    tag: tags.get(text(raw.id)) ?? null,
    ...(text(trunk.trunk_id) !== null && { subports: list(trunk.sub_ports).length }),
  };
}

/** Whether it has a TPM and UEFI, by its own properties and those of its flavor or image, wherever it boots from. */
export function machineOf({ flavor, image, disks }: RecordedServer): { tpm: boolean; uefi: boolean } {
  const root = disks.find((disk) => disk.kind === 'root');
  const properties = { ...image?.properties, ...root?.imageMetadata };
  const specs = flavor?.extraSpecs ?? {};
  return {
    tpm: (specs['hw:tpm_version'] ?? properties.hw_tpm_version) !== undefined,
    uefi: properties.hw_firmware_type === 'uefi',
  };
}

const groupOf = (raw: JsonObject, projectId: string | null): RecordedGroup => ({
  id: text(raw.id) ?? '',
  name: text(raw.name) ?? '',
  description: text(raw.description) ?? '',
  stateful: raw.stateful !== false,
  foreign: projectOf(raw) !== projectId,
  rules: list(raw.security_group_rules),
});

function keypairOf(raw: unknown): RecordedKeypair | null {
  const keypair = object(raw);
  const name = text(keypair.name);
  const publicKey = text(keypair.public_key);
  return name === null || publicKey === null ? null : { name, publicKey, type: text(keypair.type) ?? 'ssh' };
}

/**
 * From 2.96 on Nova shows the requested zone; before, only the one where the server is. `nova` is the name for no zone,
 * and requesting it would pin the server.
 */
function zoneOf(server: JsonObject): string | null {
  if (server.pinned_availability_zone !== undefined) return text(server.pinned_availability_zone);
  const zone = text(server['OS-EXT-AZ:availability_zone']);
  return zone === 'nova' ? null : zone;
}

const diskOf = (disk: DiskRecord, tag: string | null): RecordedDisk => ({
  id: disk.id,
  kind: disk.kind,
  volumeId: disk.volume_id,
  name: disk.name,
  device: disk.device,
  sizeBytes: disk.size_bytes,
  volumeType: disk.volume_type,
  zone: disk.availability_zone,
  deleteOnTermination: disk.delete_on_termination,
  tag,
  ...(disk.description !== undefined && { description: disk.description }),
  ...(disk.metadata && { metadata: disk.metadata }),
  ...(disk.image_metadata && { imageMetadata: disk.image_metadata }),
});
