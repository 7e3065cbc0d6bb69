import { randomUUID } from 'node:crypto';
import { type ErrorCode, RewindError } from '../../src/domain/errors.ts';
import type { BlockStorage, Compute, Hands, Server, Volume } from '../../src/ports/openstack.ts';
import type { Networking, NewPort, NewServer, ServerMaking } from '../../src/ports/server-making.ts';

const refuse = (code: ErrorCode) => new RewindError(code, code);
const GIB = 1024 ** 3;

/** What a cloud does to its images, by names like `vms/…`. */
export interface CloudStorage {
  put(image: string, sizeBytes: number): void;
  drop(image: string): void;
  watch(image: string, watched: boolean): void;
  isMigrating(image: string): boolean;
  /** What whoever opens it reads now, in short. */
  contentOf(image: string): string;
}

/** As JSON. */
export interface StoredCloud {
  servers: MadeServer[];
  volumes: MadeVolume[];
  ports: MadePort[];
  groups: (Omit<MadeGroup, 'rules'> & { rules: [string, Record<string, unknown>][] })[];
  keypairs: [string, string][];
  floating: [string, string | null][];
}

type MadePort = NewPort & { id: string; deviceId: string | null; projectId: string };
type MadeServer = NewServer & { id: string; status: string; locked: string | null; imageDisk: boolean };
type MadeVolume = Volume & { deleteWithServer: boolean };
interface MadeGroup {
  id: string;
  name: string;
  description: string;
  rules: Map<string, Record<string, unknown>>;
}

/** A cloud of one project that does at once what it is told, with the promises of the ports and of Nova's world. */
export class MemoryCloud {
  servers = new Map<string, MadeServer>();
  volumes = new Map<string, MadeVolume>();
  ports = new Map<string, MadePort>();
  groups = new Map<string, MadeGroup>();
  keypairs = new Map<string, string>();
  floating = new Map<string, string | null>();
  /** Ids of the ports that were up when a server was made, and booted for the first time. */
  openAtFirstBoot: string[] = [];
  /** What the servers held each time when they were started. */
  boots: { disks: string[]; ports: number }[] = [];
  private readonly storage: CloudStorage;
  private readonly projectId: string;

  constructor(storage: CloudStorage, projectId: string) {
    this.storage = storage;
    this.projectId = projectId;
  }

  take(stored: StoredCloud): this {
    this.servers = byId(stored.servers);
    this.volumes = byId(stored.volumes);
    this.ports = byId(stored.ports);
    this.groups = byId(stored.groups.map((group) => ({ ...group, rules: new Map(group.rules) })));
    this.keypairs = new Map(stored.keypairs);
    this.floating = new Map(stored.floating);
    return this;
  }

  stored(): StoredCloud {
    const [servers, volumes, ports] = [this.servers, this.volumes, this.ports].map((map) => [...map.values()]);
    const groups = [...this.groups.values()].map((group) => ({ ...group, rules: [...group.rules] }));
    const lent = { keypairs: [...this.keypairs], floating: [...this.floating] };
    return { servers, volumes, ports, groups, ...lent } as StoredCloud;
  }

  readonly compute = {
    server: async (id: string) => this.shown(id),
    serverState: async (id: string) => this.shown(id),
    stopServer: async (id: string) => this.power(id, 'SHUTOFF'),
    startServer: async (id: string) => {
      this.power(id, 'ACTIVE');
      const ports = [...this.ports.values()].filter((port) => port.deviceId === id).length;
      this.boots.push({
        disks: this.imagesOf(id).map((image) => this.storage.contentOf(image)),
        ports,
      });
    },
    lockServer: async (id: string, reason: string) => void Object.assign(this.serverAt(id), { locked: reason }),
    unlockServer: async (id: string) => void Object.assign(this.serverAt(id), { locked: null }),
    resetState: async (id: string, state: string) => this.power(id, state.toUpperCase()),
    attachVolume: async (serverId: string, volumeId: string, how: { deleteOnTermination?: boolean } = {}) => {
      const volume = this.volumeAt(volumeId);
      if (volume.status !== 'available') throw refuse('openstack.conflict');
      Object.assign(volume, { status: 'in-use', attachments: [{ serverId, device: '/dev/vdb' }] });
      volume.deleteWithServer = how.deleteOnTermination ?? false;
    },
    detachVolume: async (_serverId: string, volumeId: string) =>
      void Object.assign(this.volumeAt(volumeId), { status: 'available', attachments: [] }),
  } as unknown as Compute;

  readonly making = {
    createServer: async (server: NewServer) => this.create(server),
    findServers: async (metadata: Record<string, string>) =>
      [...this.servers.values()]
        .filter((one) => Object.entries(metadata).every(([key, value]) => one.metadata[key] === value))
        .map((one) => one.id),
    deleteServer: async (id: string) => this.remove(id),
    attachPort: async (serverId: string, portId: string) => {
      const port = this.ports.get(portId);
      if (!port || port.deviceId !== null) throw refuse('openstack.conflict');
      port.deviceId = serverId;
    },
    portsPlugged: async () => undefined,
    setMetadata: async (id: string, metadata: Record<string, string>) =>
      void Object.assign(this.serverAt(id), { metadata }),
    keypair: async (name: string) => {
      const publicKey = this.keypairs.get(name);
      return publicKey === undefined ? undefined : { publicKey, createdAt: '2025-12-31T23:00:00.000000' };
    },
    createKeypair: async ({ name, publicKey }: { name: string; publicKey: string }) => {
      if (this.keypairs.has(name)) throw refuse('openstack.conflict');
      this.keypairs.set(name, publicKey);
    },
    deleteKeypair: async (name: string) => void this.keypairs.delete(name),
  } as unknown as ServerMaking;

  /** Of one server. */
  metadataItems: number | null = 128;
  readonly offerings = {
    flavors: async () => [],
    computeRoom: async () => ({ servers: null, cores: null, ramMiB: null, metadataItems: this.metadataItems }),
  } as unknown as Hands['offerings'];

  readonly blockStorage = {
    volume: async (id: string) => this.volumes.get(id),
    createVolume: async (wish: { name: string | null; sizeGiB: number; metadata: Record<string, string> }) => {
      const id = randomUUID();
      const rest = { nameId: id, projectId: this.projectId, status: 'available', host: null, attachments: [] };
      const volume = { id, ...wish, ...rest, bootable: false, imageMetadata: {}, deleteWithServer: false };
      this.volumes.set(id, volume as unknown as MadeVolume);
      this.storage.put(`volumes/volume-${id}`, wish.sizeGiB * GIB);
      return volume;
    },
    deleteVolume: async (id: string) => {
      if (this.volumes.get(id)?.status === 'in-use') throw refuse('openstack.conflict');
      if (this.storage.isMigrating(`volumes/volume-${id}`)) throw refuse('openstack.conflict');
      this.volumes.delete(id);
      this.storage.drop(`volumes/volume-${id}`);
    },
    findVolumes: async (metadata: Record<string, string>) =>
      [...this.volumes.values()].filter((one) => Object.entries(metadata).every(([key, v]) => one.metadata[key] === v)),
    snapshotsOf: async () => [],
    resetStatus: async (id: string, status: string) => void Object.assign(this.volumeAt(id), { status }),
    setBootable: async (id: string, bootable: boolean) => void Object.assign(this.volumeAt(id), { bootable }),
    setImageMetadata: async (id: string, imageMetadata: Record<string, string>) =>
      void Object.assign(this.volumeAt(id), { imageMetadata }),
  } as unknown as BlockStorage;

  /** Subnets whose addresses are made of MACs: nobody may name one. */
  readonly autoSubnets = new Set<string>();

  readonly network = {
    subnet: async (id: string) => ({ id, networkId: '', autoAddress: this.autoSubnets.has(id) }),
    port: async (id: string) => this.ports.get(id),
    portsDescribed: async (description: string) =>
      [...this.ports.values()].filter((one) => one.description === description),
    createPort: async (port: NewPort) => {
      const taken = [...this.ports.values()].some((one) => one.macAddress === port.macAddress);
      if (taken) throw refuse('openstack.conflict');
      const named = port.fixedIps?.some((one) => one.ipAddress !== null && this.autoSubnets.has(one.subnetId ?? ''));
      if (named) throw refuse('openstack.bad-request');
      const made = { ...port, id: randomUUID(), deviceId: null, projectId: this.projectId };
      this.ports.set(made.id, made);
      return made;
    },
    describePort: async (id: string, description: string) =>
      void Object.assign(this.ports.get(id) ?? {}, { description }),
    setPortUp: async (id: string, up: boolean) => {
      const port = this.ports.get(id);
      if (!port) throw refuse('openstack.not-found');
      port.adminStateUp = up;
    },
    deletePort: async (id: string) => {
      if (this.ports.get(id)?.deviceId) throw refuse('openstack.conflict');
      this.ports.delete(id);
    },
    securityGroup: async (id: string) => {
      const group = this.groups.get(id);
      return group && groupView(group);
    },
    groupsDescribed: async (description: string) =>
      [...this.groups.values()].filter((one) => one.description === description).map(groupView),
    createSecurityGroup: async ({ name, description }: { name: string; description: string }) => {
      const group: MadeGroup = {
        id: randomUUID(),
        name,
        description,
        rules: new Map([[randomUUID(), { preset: true }]]),
      };
      this.groups.set(group.id, group);
      return groupView(group);
    },
    describeGroup: async (id: string, description: string) =>
      void Object.assign(this.groups.get(id) ?? {}, { description }),
    deleteSecurityGroup: async (id: string) => {
      if ([...this.ports.values()].some((port) => port.securityGroups.includes(id))) throw refuse('openstack.conflict');
      this.groups.delete(id);
    },
    createRule: async ({ security_group_id: id, ...rule }: Record<string, unknown>) =>
      void this.groups.get(String(id))?.rules.set(randomUUID(), rule),
    deleteRule: async (id: string) => {
      for (const group of this.groups.values()) group.rules.delete(id);
    },
    assignFloatingIp: async (id: string, portId: string | null) => void this.floating.set(id, portId),
  } as unknown as Networking;

  get hands(): Hands {
    const { compute, making, blockStorage, network } = this;
    return { compute, making, blockStorage, network, offerings: this.offerings };
  }

  private create(server: NewServer): string {
    if (server.keyName !== null && !this.keypairs.has(server.keyName)) throw refuse('openstack.bad-request');
    const id = randomUUID();
    this.servers.set(id, { ...server, id, status: 'ACTIVE', locked: null, imageDisk: server.imageId !== null });
    for (const { id: portId } of server.ports) {
      const port = this.ports.get(portId);
      Object.assign(port ?? {}, { deviceId: id });
      if (port?.adminStateUp) this.openAtFirstBoot.push(portId);
    }
    if (server.imageId !== null) this.storage.put(`vms/${id}_disk`, 2 * GIB);
    if (server.rootVolume) {
      const volume = this.volumeAt(server.rootVolume.id);
      if (!volume.bootable) throw refuse('openstack.bad-request');
      Object.assign(volume, { status: 'in-use', attachments: [{ serverId: id, device: '/dev/vda' }] });
      volume.deleteWithServer = server.rootVolume.deleteOnTermination;
    }
    this.power(id, 'ACTIVE');
    return id;
  }

  private remove(id: string): void {
    if (this.servers.get(id)?.locked) throw refuse('openstack.conflict');
    for (const port of this.ports.values()) if (port.deviceId === id) port.deviceId = null;
    for (const volume of [...this.volumes.values()].filter((one) => one.attachments[0]?.serverId === id)) {
      Object.assign(volume, { status: 'available', attachments: [] });
      if (volume.deleteWithServer) {
        this.volumes.delete(volume.id);
        this.storage.drop(`volumes/volume-${volume.id}`);
      } else this.storage.watch(`volumes/volume-${volume.id}`, false);
    }
    this.storage.drop(`vms/${id}_disk`);
    this.servers.delete(id);
  }

  private power(id: string, status: string): void {
    this.serverAt(id).status = status;
    for (const image of this.imagesOf(id)) this.storage.watch(image, status === 'ACTIVE');
  }

  private imagesOf(id: string): string[] {
    const attached = [...this.volumes.values()].filter((one) => one.attachments[0]?.serverId === id);
    const root = this.serverAt(id).imageDisk ? [`vms/${id}_disk`] : [];
    return [...root, ...attached.map((one) => `volumes/volume-${one.id}`)];
  }

  private shown(id: string): Server | undefined {
    const server = this.servers.get(id);
    if (!server) return undefined;
    const volumes = [...this.volumes.values()]
      .filter((one) => one.attachments[0]?.serverId === id)
      .map((one) => ({
        volumeId: one.id,
        device: one.attachments[0]?.device ?? null,
        deleteOnTermination: one.deleteWithServer,
      }));
    const state = {
      ...{ userId: 'c3'.repeat(16), host: 'compute-1', rootDeviceName: '/dev/vda', vmState: null, raw: {} },
      status: server.status,
      powerState: server.status === 'ACTIVE' ? 1 : 4,
      imageId: server.imageId,
      taskState: null,
      locked: server.locked !== null,
      lockedReason: server.locked,
    };
    return { id, name: server.name, projectId: this.projectId, volumes, ...state } as unknown as Server;
  }

  private serverAt(id: string): MadeServer {
    const server = this.servers.get(id);
    if (!server) throw refuse('openstack.not-found');
    return server;
  }

  private volumeAt(id: string): MadeVolume {
    const volume = this.volumes.get(id);
    if (!volume) throw refuse('openstack.not-found');
    return volume;
  }
}

const byId = <T extends { id: string }>(all: readonly T[]): Map<string, T> => new Map(all.map((one) => [one.id, one]));

const groupView = ({ id, name, rules }: MadeGroup) => ({ id, name, ruleIds: [...rules.keys()] });
