import type {
  BlockStorage,
  Cloud,
  Compute,
  Hands,
  ListedServer,
  Server,
  Volume,
} from '../../../src/ports/openstack.ts';
import { FakeOffer } from './fake-offer.ts';
import { PROJECT } from './people.ts';

export const uuidOf = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

export const server = (overrides: Partial<Server> = {}): Server => ({
  id: uuidOf(1),
  name: 'web',
  projectId: PROJECT,
  userId: 'c3'.repeat(16),
  status: 'ACTIVE',
  taskState: null,
  vmState: 'active',
  powerState: 1,
  locked: false,
  lockedReason: null,
  host: null,
  imageId: uuidOf(900),
  rootDeviceName: '/dev/vda',
  volumes: [],
  raw: {},
  ...overrides,
});

export const volume = (overrides: Partial<Volume> = {}): Volume => ({
  id: uuidOf(10),
  nameId: uuidOf(10),
  name: 'data',
  projectId: PROJECT,
  status: 'in-use',
  sizeGiB: 10,
  volumeType: null,
  bootable: false,
  encrypted: false,
  multiattach: false,
  host: null,
  attachments: [{ serverId: uuidOf(1), device: '/dev/vdb' }],
  metadata: {},
  imageMetadata: {},
  availabilityZone: null,
  raw: {},
  ...overrides,
});

export const attached = (...volumeIds: string[]): Server['volumes'] =>
  volumeIds.map((volumeId, index) => ({ volumeId, device: `/dev/vd${'bcdefg'[index]}`, deleteOnTermination: false }));

/** What a caller's token can see. Acting on it throws: services only look. */
export class FakeCloud {
  servers = new Map<string, Server>();
  volumes = new Map<string, Volume>();
  snapshots = new Map<string, number>();
  /** Request ids and tokens the calls carried. */
  seen: { requestId: string; token: string }[] = [];
  down: Error | undefined;
  offer = new FakeOffer();

  add(...things: (Server | Volume)[]): void {
    for (const thing of things)
      if ('taskState' in thing) this.servers.set(thing.id, thing);
      else this.volumes.set(thing.id, thing);
  }

  readonly as = (requestId: string): Pick<Cloud, 'caller'> => ({
    caller: (token) => {
      this.seen.push({ requestId, token });
      const compute = {
        server: async (id: string) => this.look(this.servers, id),
        servers: async () => {
          if (this.down) throw this.down;
          return [...this.servers.values()].map((one) => this.listed(one));
        },
      };
      const blockStorage = {
        volume: async (id: string) => this.look(this.volumes, id),
        snapshotsOf: async (id: string) =>
          Array.from({ length: this.snapshots.get(id) ?? 0 }, (_, n) => ({ id: uuidOf(500 + n), status: 'available' })),
      };
      return {
        compute: compute as unknown as Compute,
        blockStorage: blockStorage as unknown as BlockStorage,
        making: {} as Hands['making'],
        network: this.offer.network,
        offerings: this.offer.offerings,
      };
    },
  });

  /** What an administrator sees. */
  get admin(): Cloud['admin'] {
    return this.as('req').caller('admin', '');
  }

  listed({ id, name, projectId, status, raw }: Server): ListedServer {
    const { tags = [], metadata = {} } = raw as Partial<ListedServer>;
    return { id, name, projectId, status, tags, metadata, createdAt: '2026-01-01T00:00:00Z' };
  }

  private look<T>(things: Map<string, T>, id: string): T | undefined {
    if (this.down) throw this.down;
    return things.get(id);
  }
}
