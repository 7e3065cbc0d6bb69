/** What making a server needs of the cloud beyond holding one. Errors as in openstack.ts. */

export interface NewServer {
  name: string;
  description: string | null;
  hostname: string | null;
  flavorId: string;
  /** Exactly one of image and root volume. */
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

/** Nova, the side that makes. */
export interface ServerMaking {
  /** Answers with the id; the server is there when `Compute.server` says ACTIVE. */
  createServer(server: NewServer): Promise<string>;
  /** Ids of this session's project's servers with these metadata. */
  findServers(metadata: Record<string, string>): Promise<string[]>;
  /** Idempotent: absent is fine. */
  deleteServer(id: string): Promise<void>;
  attachPort(serverId: string, portId: string, tag: string | null): Promise<void>;
  /** Admin: what Neutron says to Nova when they are. Of a server on no host yet it is not heard, which is fine. */
  portsPlugged(serverId: string, portIds: readonly string[]): Promise<void>;
  /** Replaces all of them. */
  setMetadata(serverId: string, metadata: Record<string, string>): Promise<void>;
  /** Of the session's own user: undefined when there is none of this name. */
  keypair(name: string): Promise<{ publicKey: string; createdAt: string | null } | undefined>;
  /** `openstack.conflict` when the session's user has one of this name. */
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
  /** The server that has it. */
  deviceId: string | null;
  adminStateUp: boolean;
}

export interface NewPort {
  name: string;
  description: string;
  networkId: string;
  macAddress: string | null;
  /** Null: the network chooses. Without an address: one that Neutron makes of the MAC. */
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
  /** `autoAddress`: addresses are made of MACs (SLAAC, stateless DHCPv6), and Neutron refuses to be told them. */
  subnet(id: string): Promise<{ id: string; networkId: string; autoAddress: boolean } | undefined>;
  port(id: string): Promise<Port | undefined>;
  /** Of what this session sees. */
  portsWithAddress(networkId: string, ipAddress: string): Promise<Port[]>;
  portsWithMac(networkId: string, macAddress: string): Promise<Port[]>;
  portsDescribed(description: string): Promise<Port[]>;
  /** `openstack.conflict`: MAC or address is taken. `openstack.forbidden`: not on a network of others. */
  createPort(port: NewPort): Promise<Port>;
  describePort(id: string, description: string): Promise<void>;
  /** Down: no traffic passes, whoever has it. */
  setPortUp(id: string, up: boolean): Promise<void>;
  /** Idempotent. */
  deletePort(id: string): Promise<void>;
  securityGroup(id: string): Promise<SecurityGroup | undefined>;
  groupsDescribed(description: string): Promise<SecurityGroup[]>;
  createSecurityGroup(group: { name: string; description: string; stateful: boolean }): Promise<SecurityGroup>;
  describeGroup(id: string, description: string): Promise<void>;
  /** Idempotent. */
  deleteSecurityGroup(id: string): Promise<void>;
  /** `openstack.conflict` when the group has it already. */
  createRule(rule: Record<string, unknown>): Promise<void>;
  deleteRule(id: string): Promise<void>;
  /** Of this session's project. */
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
  /** Null: not shown to this session. */
  extraSpecs: Record<string, string> | null;
}

/** Left of the project's quota; null: without a limit, or not told. */
export interface ComputeRoom {
  servers: number | null;
  cores: number | null;
  ramMiB: number | null;
  /** Of one server, none of them used yet. */
  metadataItems: number | null;
}

interface VolumeRoom {
  volumes: number | null;
  gigabytes: number | null;
}

/** What this session's project may choose from. */
export interface Offerings {
  flavors(): Promise<Flavor[]>;
  /** Undefined: none, or none for these eyes. */
  image(id: string): Promise<{ active: boolean; properties: Record<string, string> } | undefined>;
  hasServerGroup(id: string): Promise<boolean>;
  computeZones(): Promise<string[]>;
  volumeZones(): Promise<string[]>;
  /** Names and ids: Cinder takes both. */
  volumeTypes(): Promise<string[]>;
  computeRoom(): Promise<ComputeRoom>;
  volumeRoom(): Promise<VolumeRoom>;
}
