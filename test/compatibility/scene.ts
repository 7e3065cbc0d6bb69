import { randomUUID } from 'node:crypto';
import { MemoryCloud } from '../world/memory-cloud.ts';
import { SparseCeph } from '../world/sparse-ceph.ts';
import { around, type Expected } from './recorded.ts';
import type { RecordedClock } from './recorded-clock.ts';
import { backupRow, restoreRow, snapshotRow } from './recorded-rows.ts';
import { queuedOperation, type Release, type Surroundings } from './release.ts';
import { POOL_OF_ROOTS, POOL_OF_VOLUMES } from './settings.ts';

const GIB = 1024 ** 3;
const BLOCK = 4096;

export interface SceneOptions {
  /** Where its root disk is. */
  root?: 'image' | 'volume';
  sealed?: boolean;
  rootGiB?: number;
}

/** A server of two disks with its surroundings, for one operation; a release acts on it. */
export class Scene {
  readonly serverId = randomUUID();
  readonly projectId = randomUUID().replaceAll('-', '');
  readonly volumeIds: string[] = [];
  readonly ceph = new SparseCeph();
  readonly cloud: MemoryCloud;
  readonly environment: object;
  readonly sealed: boolean;
  /** What each backup or snapshot must restore to: disk → hash. */
  readonly points = new Map<string, { target: string; disks: Record<string, string> }>();
  readonly release: Release;
  readonly #clock: RecordedClock;
  #writes = 0;

  constructor(
    release: Release,
    clock: RecordedClock,
    { root = 'image', sealed = false, rootGiB = 1 }: SceneOptions = {},
  ) {
    this.release = release;
    this.#clock = clock;
    this.sealed = sealed;
    this.cloud = new MemoryCloud(this.ceph, this.projectId);
    this.environment = surroundings(this.serverId, this.projectId, root);
    this.cloud.take({
      servers: [madeServer(this.serverId, root)],
      ...{ volumes: [], ports: [], groups: [], keypairs: [], floating: [] },
    });
    if (root === 'image') this.ceph.put(this.rootImage, rootGiB * GIB);
    else this.addVolume('/dev/vda', true);
    this.addVolume('/dev/vdb');
    for (const image of this.images()) this.ceph.watch(image, true);
    this.write('first');
  }

  get rootImage(): string {
    return `${POOL_OF_ROOTS}/${this.serverId}_disk`;
  }

  get surroundings(): Surroundings {
    return around(this.ceph, this.cloud, this, this.release);
  }

  /** Another one, attached. */
  addVolume(device: string, bootable = false): string {
    const id = randomUUID();
    const volume = {
      ...{ id, nameId: id, name: `disk ${device}`, description: null, projectId: this.projectId, status: 'in-use' },
      ...{ sizeGiB: 1, volumeType: null, bootable, encrypted: false, multiattach: false, host: null },
      ...{ attachments: [{ serverId: this.serverId, device }], metadata: { owner: 'me' }, imageMetadata: {} },
      ...{ availabilityZone: null, raw: {}, deleteWithServer: false },
    };
    this.cloud.volumes.set(id, volume);
    this.volumeIds.push(id);
    this.ceph.put(imageOf(id), GIB);
    return id;
  }

  /** Names of the images of all disks. */
  images(): string[] {
    const volumes = this.volumeIds.map(imageOf);
    return this.cloud.servers.get(this.serverId)?.imageDisk ? [this.rootImage, ...volumes] : volumes;
  }

  /** Disk → name of its image. */
  disks(): Record<string, string> {
    const root = this.cloud.servers.get(this.serverId)?.imageDisk ? { [this.serverId]: this.rootImage } : {};
    return { ...root, ...Object.fromEntries(this.volumeIds.map((id) => [id, imageOf(id)])) };
  }

  /** The guest writes on all disks: one place again and again, one that is new. */
  write(text: string): void {
    this.#writes += 1;
    for (const image of this.images()) {
      const block = Buffer.alloc(BLOCK, `${text} on ${image.slice(0, 3)} `);
      this.ceph.write(image, 0, block);
      this.ceph.write(image, this.#writes * 16 * BLOCK, block);
    }
  }

  /** Disk or image → hash of what is on it. */
  hashes(of: Record<string, string> = Object.fromEntries(this.images().map((name) => [name, name]))) {
    return Object.fromEntries(Object.entries(of).map(([key, image]) => [key, this.ceph.hashOf(image)]));
  }

  async backup(target = 'first', incremental: boolean | null = null): Promise<string> {
    const { operationId, id } = await this.askBackup(target, incremental);
    await this.toItsEnd(operationId);
    return id;
  }

  async askBackup(target = 'first', incremental: boolean | null = null): Promise<{ operationId: string; id: string }> {
    this.#clock.pass(60_000);
    const row = this.row(backupRow, { target });
    const input = { backup_id: row.id, server_id: this.serverId, incremental, consistency: 'best', target };
    await this.ask('create-backup/1', 'backup', row, input, { backup: row });
    this.points.set(row.id, { target, disks: this.hashes(this.disks()) });
    return { operationId: row.operation_id, id: row.id };
  }

  async snapshot(memory = false): Promise<string> {
    const { operationId, id } = await this.askSnapshot(memory);
    await this.toItsEnd(operationId);
    return id;
  }

  async askSnapshot(memory: boolean): Promise<{ operationId: string; id: string }> {
    this.#clock.pass(60_000);
    const row = this.row(snapshotRow, { memory });
    const input = { snapshot_id: row.id, server_id: this.serverId, consistency: 'best', memory };
    await this.ask('create-snapshot/1', 'snapshot', row, input, { snapshot: row });
    return { operationId: row.operation_id, id: row.id };
  }

  async askRestore(
    workflow: string,
    mode: string,
    of: object,
    more: object,
  ): Promise<{ operationId: string; id: string }> {
    const disks = Object.keys(this.disks());
    const row = this.row(restoreRow, { mode, disks, server_id: mode === 'in_place' ? this.serverId : null, ...of });
    const input = { restore_id: row.id, backup_id: null, snapshot_id: null, disks, ...of, ...more };
    await this.ask(workflow, 'restore', row, input, { restore: row });
    return { operationId: row.operation_id, id: row.id };
  }

  now(): number {
    return this.#clock.now();
  }

  row<T>(make: (ids: RowIds, at: string, fields: object) => T, fields: object): T {
    const ids = { id: randomUUID(), operation_id: randomUUID(), project_id: this.projectId, server_id: this.serverId };
    return make(ids, new Date(this.#clock.now()).toISOString(), fields);
  }

  async ask(
    workflow: string,
    resourceType: string,
    { id, operation_id }: { id: string; operation_id: string },
    input: object,
    rows: object,
  ): Promise<void> {
    const plan = { id: operation_id, workflow, projectId: this.projectId, resourceType, resourceId: id, input };
    const asker = { userId: 'c3'.repeat(16), requestId: `req-${randomUUID()}`, globalRequestId: null };
    const operation = queuedOperation(plan as never, asker, this.#clock.now(), 24);
    await this.release.record({ operation, ...rows }, this.serverId);
  }

  async toItsEnd(operationId: string): Promise<void> {
    const end = await this.release.execute(operationId, this.surroundings);
    if (end !== 'succeeded') {
      const operation = await this.release.operations.operation(operationId, null);
      throw new Error(`${operation?.workflow} ${end}: ${JSON.stringify(operation?.failure ?? null)}`);
    }
  }

  /** The server is deleted, with its disks: what carries snaps of ours goes to the trash, or stays. */
  async lose(): Promise<void> {
    await this.cloud.making.deleteServer(this.serverId);
    for (const id of this.volumeIds) await this.cloud.blockStorage.deleteVolume(id);
  }

  /** As everything is now. */
  asItIs(more: Partial<Expected> = {}): Expected {
    const { servers, volumes } = this.cloud;
    const alive = this.cloud.servers.has(this.serverId);
    return {
      backups: Object.fromEntries(this.points),
      images: alive ? this.hashes() : {},
      ...{ servers: servers.size, volumes: volumes.size, ...more },
    };
  }
}

export interface RowIds {
  id: string;
  operation_id: string;
  project_id: string;
  server_id: string;
}

const imageOf = (volumeId: string): string => `${POOL_OF_VOLUMES}/volume-${volumeId}`;

const [GROUP, PORT] = ['60000000-0000-4000-8000-000000000000', '70000000-0000-4000-8000-000000000000'];

const MAC = 'fa:16:3e:00:00:01';

/** As the services tell them. */
const surroundings = (id: string, tenant_id: string, root: 'image' | 'volume') => ({
  server: {
    ...{ id, tenant_id, name: 'web', key_name: 'k', metadata: { a: 'b' }, status: 'ACTIVE' },
    image: root === 'image' ? { id: 'i' } : '',
    addresses: { net: [{ addr: '192.0.2.10', 'OS-EXT-IPS-MAC:mac_addr': MAC }] },
  },
  keypair: { name: 'k', public_key: 'ssh-rsa', type: 'ssh' },
  ports: [
    {
      ...{ id: PORT, project_id: tenant_id, description: 'mine', mac_address: MAC, network_id: 'n' },
      ...{ security_groups: [GROUP], fixed_ips: [{ subnet_id: 's', ip_address: '192.0.2.10' }] },
    },
  ],
  securityGroups: [
    {
      ...{ id: GROUP, project_id: tenant_id, name: 'web', description: 'theirs' },
      security_group_rules: [{ direction: 'ingress', ethertype: 'IPv4', remote_group_id: GROUP }],
    },
  ],
  userData: 'dQ==',
});

const madeServer = (id: string, root: 'image' | 'volume') => ({
  ...{ id, name: 'web', description: null, hostname: null, flavorId: 'f', imageId: root === 'image' ? 'i' : null },
  ...{ rootVolume: null, ports: [], keyName: 'k', availabilityZone: null, serverGroupId: null, configDrive: false },
  ...{ userData: null, metadata: { a: 'b' }, tags: [], status: 'ACTIVE', locked: null, imageDisk: root === 'image' },
});

/** How the request would have it made anew. */
export const newServerPlan = (root: 'image' | 'volume') => ({
  ...{ name: 'web', flavor_id: 'f', image_id: root === 'image' ? 'i' : null, availability_zone: null },
  ...{ server_group_id: null, key_name: 'k', config_drive: false, start: true },
  ports: [
    {
      ...{ recorded_id: PORT, existing_id: null, network_id: 'n', mac_address: MAC, fixed_ips: [] },
      security_groups: [GROUP],
    },
  ],
  security_groups: [{ recorded_id: GROUP, name: 'web', exists: false }],
  volumes: [],
  floating_ips: [{ id: 'fip', address: '192.0.2.1', port: 0, fixed_ip: null }],
  differences: [{ code: 'server.user', detail: '' }],
});
