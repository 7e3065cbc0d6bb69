import { randomUUID } from 'node:crypto';
import { noKeys } from '../../src/archive/keys/no-keys.ts';
import { requireRuns } from '../../src/archive/manifests/adopt-manifest.ts';
import type { Manifest } from '../../src/archive/manifests/manifest.ts';
import { manifestsOfServer, runsNeeded } from '../../src/archive/manifests/manifests.ts';
import { localImageName, volumeImageName } from '../../src/domain/names.ts';
import type { Operation, WorkflowName } from '../../src/domain/operations/operation.ts';
import type { Backup } from '../../src/domain/points/backup.ts';
import type { ImageRef } from '../../src/domain/points/disk.ts';
import type { Ceph } from '../../src/ports/ceph.ts';
import type { Volume } from '../../src/ports/openstack.ts';
import type { CondemnedRun } from '../../src/ports/stores/condemned-runs.ts';
import type { Target } from '../../src/ports/target.ts';
import type { ResourceEnd, Workflow } from '../../src/workflow-engine/workflow.ts';
import { compactBackup } from '../../src/workflows/recipes/compact-backup.ts';
import { createBackup } from '../../src/workflows/recipes/create-backup.ts';
import { deleteBackup } from '../../src/workflows/recipes/delete-backup.ts';
import { sweepRuns } from '../../src/workflows/recipes/sweep-runs.ts';
import { verifyBackup } from '../../src/workflows/recipes/verify-backup.ts';
import type { World } from '../../src/workflows/world.ts';
import { KEY, PROJECT } from '../unit/archive/support/backups.ts';
import { contentOf } from '../unit/archive/support/content.ts';
import { newOperation } from './engine-bench.ts';
import { ownNamesInMemory } from './own-names-in-memory.ts';
import { PlainOperation } from './plain-run.ts';

const HOUR = 3_600_000;

export interface ArchiveSystemOptions {
  target: Target;
  ceph: Ceph;
  /** Where the images are. */
  pool: string;
  serverId: string;
  /** Of a volume beside the root disk. */
  volumeId?: string;
  compactRuns: number;
  compactShare?: number;
  /** Left out: no time passes. */
  sleep?: (ms: number) => Promise<void>;
}

/**
 * The recipes of backups on a real target, with a server of which Nova and Cinder say little; operations may die and go
 * on. How its disks come by their content is for others.
 */
export class ArchiveSystem {
  /** The root disk's image, and the volume's. */
  readonly images: ImageRef[];
  readonly target: Target;
  readonly rows = new Map<string, Backup>();
  /** A compaction that was begun and not ended. */
  compacting: PlainOperation<World> | undefined;
  /** Of manifests, in the database. */
  readonly copies = new Map<string, string>();
  readonly #options: ArchiveSystemOptions;
  readonly #world: World;
  readonly #condemned = new Map<string, CondemnedRun>();
  #nowMs = Date.parse('2026-01-01T00:00:00Z');

  constructor(options: ArchiveSystemOptions) {
    const { pool, serverId, volumeId, target } = options;
    this.#options = options;
    this.target = target;
    const volume = volumeId === undefined ? [] : [{ pool, image: volumeImageName(volumeId) }];
    this.images = [{ pool, image: localImageName(serverId, '_disk') }, ...volume];
    this.#world = this.#worldOf(options);
  }

  /** Dies so often at such boundaries, and goes on each time. The id, once the backup is there. */
  async backup(crashes: readonly number[], full: boolean, abandon: boolean): Promise<string | undefined> {
    const id = randomUUID();
    this.rows.set(id, this.#row(id));
    const input = {
      backup_id: id,
      server_id: this.#options.serverId,
      incremental: full ? false : null,
      consistency: 'best',
      target: this.target.name,
    };
    const operation = this.#operation(createBackup, 'create-backup/1', id, input);
    for (const crashAt of crashes) {
      const end = await operation.run(this.#world, crashAt);
      if (end) return this.#end(id, end);
      // It fails, and what it made cannot be put back: the snaps and runs stay.
      if (abandon && !(await this.#manifests()).some((one) => one.backup.id === id)) {
        this.rows.delete(id);
        return undefined;
      }
    }
    return this.#end(id, await operation.run(this.#world));
  }

  async delete(id: string, crashes: readonly number[]): Promise<void> {
    // What the recipe does by asking it to stop: before its point of no return it does, after it it ends.
    if (this.compacting?.committed) await this.compacting.run(this.#world);
    this.compacting = undefined;
    this.rows.set(id, { ...this.rows.get(id)!, status: 'deleting' });
    const operation = this.#operation(deleteBackup, 'delete-backup/1', id, { backup_id: id });
    for (const crashAt of crashes) if (await operation.run(this.#world, crashAt)) break;
    await operation.run(this.#world);
    this.rows.delete(id);
  }

  /** Begins one, or goes on with the one that stands. */
  async compact(crashAt: number | undefined): Promise<void> {
    const newest = this.available()[0];
    if (!this.compacting && !newest) return;
    const input = { backup_id: newest?.id, server_id: this.#options.serverId, target: this.target.name };
    this.compacting ??= this.#operation(compactBackup, 'compact-backup/1', newest?.id ?? '', input);
    if (await this.compacting.run(this.#world, crashAt)) this.compacting = undefined;
  }

  async sweep(hours: number, crashAt?: number): Promise<void> {
    this.#nowMs += hours * HOUR;
    // It would not get its hold.
    if (this.compacting) return;
    const input = { server_id: this.#options.serverId, target: this.target.name };
    const operation = this.#operation(sweepRuns, 'sweep-runs/1', this.#options.serverId, input);
    if (!(await operation.run(this.#world, crashAt))) await operation.run(this.#world);
  }

  async verify(id: string): Promise<void> {
    await this.#operation(verifyBackup, 'verify-backup/1', id, { backup_id: id }).run(this.#world);
  }

  async manifest(id: string): Promise<Manifest> {
    const manifest = (await this.#manifests()).find((one) => one.backup.id === id);
    if (!manifest) throw new Error('a backup that was made is gone');
    return manifest;
  }

  /** Each disk of a backup as a restore makes it. */
  async restore(id: string): Promise<Map<string, Uint8Array>> {
    const manifest = await this.manifest(id);
    const disks = manifest.disks.map(async (disk) => [disk.id, await contentOf(this.target, disk)] as const);
    return new Map(await Promise.all(disks));
  }

  /** All backups there are, and everything they name: nothing missing. */
  async requireWhole(): Promise<void> {
    const manifests = await this.#manifests();
    const ids = manifests.map((one) => one.backup.id).toSorted();
    if (ids.join() !== [...this.rows.keys()].toSorted().join()) throw new Error('other backups than were made');
    for (const manifest of manifests) await requireRuns(this.target, manifest);
  }

  /** What lies there and nobody needs. */
  async leftovers(): Promise<string[]> {
    const manifests = await this.#manifests();
    const needed = runsNeeded(manifests);
    const objects = await Array.fromAsync(this.target.list('projects/'));
    const runs = objects.filter((name) => name.includes('/runs/') && !needed.has(name));
    const spare = objects.filter((name) => name.includes('/backups/')).length - manifests.length;
    return spare === 0 ? runs : [...runs, `${spare} manifests`];
  }

  available(): Backup[] {
    const rows = [...this.rows.values()].filter((row) => row.status === 'available');
    return rows.toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1));
  }

  /** Runs that manifests name, each as often as it is named. */
  async runsNamed(): Promise<number> {
    return (await this.#manifests()).flatMap((one) => one.disks.flatMap((disk) => disk.runs)).length;
  }

  async #manifests(): Promise<Manifest[]> {
    const found = await Array.fromAsync(
      manifestsOfServer(this.target, KEY, { projectId: PROJECT, serverId: this.#options.serverId }),
    );
    return found.map((one) => {
      if ('error' in one) throw one.error;
      return one.manifest;
    });
  }

  #end(id: string, end: ResourceEnd | undefined): string {
    if (!end?.backup || !('change' in end.backup)) throw new Error('the backup did not end');
    this.rows.set(id, { ...this.rows.get(id)!, ...end.backup.change });
    return id;
  }

  #operation(workflow: Workflow<World>, name: WorkflowName, resourceId: string, input: object): PlainOperation<World> {
    const operation: Operation = {
      ...newOperation(),
      workflow: name,
      project_id: PROJECT,
      resource_id: resourceId,
      input,
    };
    return new PlainOperation(workflow, operation);
  }

  #row(id: string): Backup {
    this.#nowMs += 1000;
    const at = new Date(this.#nowMs).toISOString();
    const row = {
      ...{
        id,
        project_id: PROJECT,
        user_id: 'u',
        server_id: this.#options.serverId,
        server_name: 'web',
        name: null,
        description: null,
      },
      ...{ status: 'creating', metadata: {}, disks: [], target: this.target.name, created_at: at, updated_at: at },
    };
    return row as unknown as Backup;
  }

  #worldOf(options: ArchiveSystemOptions): World {
    const { ceph, pool, serverId, volumeId, compactRuns, compactShare = 0.1, sleep = async () => undefined } = options;
    const { copies } = this;
    const condemned = this.#condemned;
    const server = async () => serverNow(serverId, volumeId);
    return {
      ceph,
      cloud: {
        admin: {
          compute: { server, serverState: server },
          blockStorage: { volume: async (id: string) => volumeNow(id, serverId) },
        },
        environment: async () => ({ server: { id: serverId } }),
      },
      targets: { get: () => this.target, names: [this.target.name] },
      catalogue: {
        backup: async (id: string) => this.rows.get(id),
        backupsOfServer: async () => [...this.rows.values()].toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1)),
        updateBackup: async (id: string, change: Partial<Backup>) => {
          this.rows.set(id, { ...this.rows.get(id)!, ...change });
        },
        recordServer: async () => undefined,
      },
      operations: { holderOf: async () => undefined },
      manifestCopies: {
        keep: async (id: string, sealed: string) => void copies.set(id, sealed),
        find: async (id: string) => copies.get(id),
      },
      ownNames: ownNamesInMemory(),
      condemnedRuns: {
        list: async () => [...condemned.values()],
        condemn: async (_target: string, _server: string, objects: readonly string[], since: string) => {
          for (const object of objects) if (!condemned.has(object)) condemned.set(object, { object, since });
        },
        forgive: async (_target: string, objects: readonly string[]) => {
          for (const object of objects) condemned.delete(object);
        },
      },
      clock: { now: () => this.#nowMs, monotonic: () => this.#nowMs, sleep },
      manifestKey: KEY,
      keys: noKeys,
      settings: {
        ...{ rootPool: pool, volumePool: pool, volumeHosts: {}, disksInParallel: 2, zstdLevel: 1 },
        ...{ maxBytesPerSecond: 0, compactRuns, compactShare, sweepGraceHours: 24 },
      },
      release: 'test',
    } as unknown as World;
  }
}

const serverNow = (id: string, volumeId: string | undefined) => ({
  ...{ id, name: 'web', projectId: PROJECT, userId: 'u', status: 'SHUTOFF', taskState: null, host: null },
  ...{ imageId: 'i', rootDeviceName: '/dev/vda', locked: false, raw: {} },
  volumes: volumeId === undefined ? [] : [{ volumeId, device: '/dev/vdb', deleteOnTermination: false }],
});

const volumeNow = (id: string, serverId: string): Volume => ({
  ...{ id, nameId: id, name: null, projectId: PROJECT, host: null, encrypted: false, multiattach: false, raw: {} },
  ...{ bootable: false, metadata: {}, imageMetadata: {}, volumeType: null, availabilityZone: null },
  ...{ status: 'in-use', sizeGiB: 1 },
  attachments: [{ serverId, device: '/dev/vdb' }],
});
