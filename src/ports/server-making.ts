/** What making a server needs from the cloud, besides what openstack.ts has. Errors as there. */

export interface NewServer {
  name: string;
  description: string | null;
  hostname: string | null;
  flavorId: string;
  /** Exactly one of image and root volume is set. */
  imageId: string | null;
  rootVolume: { id: string; deleteOnTermination: boolean; tag: string | null } | null;
  ports: { id: string; tag: string | null }[];
  keyName: string | null;
  availabilityZone: string | null;
  serverGroupId: string | null;
  configDrive: boolean;
  /** Base64. */
  userData: string | null;
  metadata: Record<string, string>;
  tags: string[];
}

/** The part of Nova that makes things. */
export interface ServerMaking {
  /** Resolves to the id; the server is there when `Compute.server` reports ACTIVE. */
  createServer(server: NewServer): Promise<string>;
  /** Ids of the servers of this session's project that have these metadata. */
  findServers(metadata: Record<string, string>): Promise<string[]>;
  /** Idempotent: absent is fine. */
  deleteServer(id: string): Promise<void>;
  attachPort(serverId: string, portId: string, tag: string | null): Promise<void>;
  /**
   * Admin: what Neutron tells Nova when ports are plugged in. Nova ignores it for a server that is on no host yet,
   * which is fine.
   */
  portsPlugged(serverId: string, portIds: readonly string[]): Promise<void>;
  /** Replaces all metadata. */
  setMetadata(serverId: string, metadata: Record<string, string>): Promise<void>;
  /** A key pair of the session's own user; undefined when there is none of this name. */
  keypair(name: string): Promise<{ publicKey: string; createdAt: string | null } | undefined>;
  /** `openstack.conflict` when the session's user already has one of this name. */
  createKeypair(keypair: { name: string; type: string; publicKey: string }): Promise<void>;
  /** Idempotent. */
  deleteKeypair(name: string): Promise<void>;
}

export interface Port {
  id: string;
  projectId: string;
  networkId: string;
  macAddress: string;
  fixedIps: { subnetId: string; ipAddress: string }[];
  /** The server to which it belongs. */
  deviceId: string | null;
  adminStateUp: boolean;
}

export interface NewPort {
  name: string;
  description: string;
  networkId: string;
  macAddress: string | null;
  /** Null: the network chooses. Without an address: Neutron derives one from the MAC. */
  fixedIps: { subnetId: string | null; ipAddress: string | null }[] | null;
  /** Ignored where port security is off. */
  securityGroups: string[];
  portSecurity: boolean;
  addressPairs: Record<string, unknown>[];
  dhcpOptions: Record<string, unknown>[];
  vnicType: string;
  adminStateUp: boolean;
}

export interface SecurityGroup {
  id: string;
  name: string;
  ruleIds: string[];
}

/** Neutron. */
export interface Networking {
  network(id: string): Promise<{ id: string; subnetIds: string[] } | undefined>;
  /** `autoAddress`: addresses are derived from MACs (SLAAC, stateless DHCPv6), and Neutron refuses explicit ones. */
  subnet(id: string): Promise<{ id: string; networkId: string; autoAddress: boolean } | undefined>;
  port(id: string): Promise<Port | undefined>;
  /** Among the ports that this session sees. */
  portsWithAddress(networkId: string, ipAddress: string): Promise<Port[]>;
  portsWithMac(networkId: string, macAddress: string): Promise<Port[]>;
  portsDescribed(description: string): Promise<Port[]>;
  /** `openstack.conflict`: MAC or address is taken. `openstack.forbidden`: not on a network of others. */
  createPort(port: NewPort): Promise<Port>;
  describePort(id: string, description: string): Promise<void>;
  /** Down: no traffic passes, whichever server has it. */
  setPortUp(id: string, up: boolean): Promise<void>;
  /** Idempotent. */
  deletePort(id: string): Promise<void>;
  securityGroup(id: string): Promise<SecurityGroup | undefined>;
  groupsDescribed(description: string): Promise<SecurityGroup[]>;
  createSecurityGroup(group: { name: string; description: string; stateful: boolean }): Promise<SecurityGroup>;
  describeGroup(id: string, description: string): Promise<void>;
  /** Idempotent. */
  deleteSecurityGroup(id: string): Promise<void>;
  /** `openstack.conflict` when the group already has it. */
  createRule(rule: Record<string, unknown>): Promise<void>;
  deleteRule(id: string): Promise<void>;
  /** A floating IP of this session's project. */
  floatingIp(address: string): Promise<{ id: string; portId: string | null } | undefined>;
  assignFloatingIp(id: string, portId: string | null, fixedIp: string | null): Promise<void>;
}

export interface Flavor {
  id: string;
  name: string;
  vcpus: number;
  ramMiB: number;
  diskGiB: number;
  ephemeralGiB: number;
  swapMiB: number;
  /** Null: hidden from this session. */
  extraSpecs: Record<string, string> | null;
}

/** What is left of the project's quota; null: no limit, or unknown. */
export interface ComputeRoom {
  servers: number | null;
  cores: number | null;
  ramMiB: number | null;
  /** For one server; none of them is used yet. */
  metadataItems: number | null;
}

interface VolumeRoom {
  volumes: number | null;
  gigabytes: number | null;
}

/** What this session's project may choose from. */
export interface Offerings {
  flavors(): Promise<Flavor[]>;
  /** Undefined: there is none, or this session cannot see it. */
  image(id: string): Promise<{ active: boolean; properties: Record<string, string> } | undefined>;
  hasServerGroup(id: string): Promise<boolean>;
  computeZones(): Promise<string[]>;
  volumeZones(): Promise<string[]>;
  /** Names and ids: Cinder accepts both. */
  volumeTypes(): Promise<string[]>;
  computeRoom(): Promise<ComputeRoom>;
  volumeRoom(): Promise<VolumeRoom>;
}
