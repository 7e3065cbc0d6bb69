import type { ComputeRoom, Flavor, Networking, Offerings, Port } from '../../../src/ports/server-making.ts';
import { uuidOf } from './fake-cloud.ts';
import { PROJECT } from './people.ts';

export const FLAVOR: Flavor = {
  id: 'f1',
  name: 'm1.small',
  vcpus: 2,
  ramMiB: 512,
  diskGiB: 10,
  ephemeralGiB: 0,
  swapMiB: 0,
  extraSpecs: {},
};

export const aPort = (overrides: Partial<Port> = {}): Port => ({
  id: uuidOf(700),
  projectId: PROJECT,
  networkId: uuidOf(600),
  macAddress: 'fa:16:3e:00:00:01',
  adminStateUp: true,
  fixedIps: [{ subnetId: uuidOf(610), ipAddress: '10.0.0.5' }],
  deviceId: null,
  ...overrides,
});

/** What a project may choose from, and what is in its way: a world in which the recorded server fits. */
export class FakeOffer {
  flavors: Flavor[] = [FLAVOR];
  images = new Map([[uuidOf(900), { active: true, properties: { hw_disk_bus: 'virtio' } as Record<string, string> }]]);
  serverGroups = new Set<string>();
  zones = { compute: ['nova', 'az1'], volume: ['nova'] };
  types = ['ceph', 'fast'];
  room: ComputeRoom = {
    metadataItems: 128,
    servers: 1,
    cores: 2,
    ramMiB: null,
  };
  volumeRoom: { volumes: number | null; gigabytes: number | null } = { volumes: 1, gigabytes: 10 };
  networks = new Map([[uuidOf(600), [uuidOf(610)]]]);
  ports: Port[] = [];
  groups = new Set([uuidOf(620)]);
  floatingIps = new Map<string, { id: string; portId: string | null }>();

  readonly offerings: Offerings = {
    flavors: async () => this.flavors,
    image: async (id) => this.images.get(id),
    hasServerGroup: async (id) => this.serverGroups.has(id),
    computeZones: async () => this.zones.compute,
    volumeZones: async () => this.zones.volume,
    volumeTypes: async () => this.types,
    computeRoom: async () => this.room,
    volumeRoom: async () => this.volumeRoom,
  };

  /** Looks only: to act on it throws. */
  readonly network = {
    network: async (id: string) => {
      const subnetIds = this.networks.get(id);
      return subnetIds && { id, subnetIds };
    },
    subnet: async (id: string) => {
      const [networkId] = [...this.networks].find(([, subnets]) => subnets.includes(id)) ?? [];
      return networkId === undefined ? undefined : { id, networkId, autoAddress: false };
    },
    port: async (id: string) => this.ports.find((port) => port.id === id),
    portsWithAddress: async (network: string, address: string) =>
      this.ports.filter((one) => one.networkId === network && one.fixedIps.some((ip) => ip.ipAddress === address)),
    portsWithMac: async (network: string, mac: string) =>
      this.ports.filter((one) => one.networkId === network && one.macAddress === mac),
    securityGroup: async (id: string) => (this.groups.has(id) ? { id, name: 'web', ruleIds: [] } : undefined),
    floatingIp: async (address: string) => this.floatingIps.get(address),
  } as unknown as Networking;
}
