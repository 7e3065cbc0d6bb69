import { describe, expect, test } from '@jest/globals';
import { manifestObject } from '../../../src/archive/format/layout.ts';
import { sealManifest } from '../../../src/archive/manifests/manifest.ts';
import { RewindError } from '../../../src/domain/errors.ts';
import type { Operation } from '../../../src/domain/operations/operation.ts';
import type { Workflow } from '../../../src/workflow-engine/workflow.ts';
import { restoreInPlace } from '../../../src/workflows/recipes/restore-in-place.ts';
import { restoreVolumes } from '../../../src/workflows/recipes/restore-volumes.ts';
import type { World } from '../../../src/workflows/world.ts';
import { hastyClock, newOperation, recipeBench } from '../../world/engine-bench.ts';
import { MemoryCeph } from '../../world/memory-ceph.ts';
import { MemoryCloud } from '../../world/memory-cloud.ts';
import { sampled } from '../../world/sampling.ts';
import { ServedDisksInMemory } from '../../world/served-backup.ts';
import { toyError } from '../../world/toy-error.ts';
import {
  backupId,
  diskEntry,
  diskId,
  idsOf,
  KEY,
  manifestOf,
  PROJECT,
  SERVER,
  store,
} from '../archive/support/backups.ts';
import { fixedRing } from '../archive/support/key-rings.ts';
import { MemoryTarget } from '../archive/support/memory-target.ts';
import { data } from '../archive/support/streams.ts';

const GIB = 1024 ** 3;
const BACKUP = backupId(1);
const VOLUME = diskId(2);

type Mode = 'in place' | 'volumes';
const RECIPES = { 'in place': restoreInPlace, volumes: restoreVolumes };

interface Options {
  crashAt?: (place: string) => boolean;
  failAt?: string;
}

/** A running server with a root disk of Nova's and a volume, both of which have changed since its backup. */
async function bench(mode: Mode, { crashAt, failAt }: Options = {}) {
  const target = new MemoryTarget();
  const root = diskEntry(1, 1, [await store(target, 1, 1, null, GIB, [data(0, 'root!')])]);
  const extra = diskEntry(2, 1, [await store(target, 2, 1, null, GIB, [data(0, 'data!')])]);
  const image = { pool: 'vms', image: `${SERVER}_disk` };
  const disks = [
    { ...root, id: SERVER, kind: 'root' as const, volume_id: null, image },
    { ...extra, device: '/dev/vdb' },
  ];
  target.objects.set(manifestObject(idsOf(1)), sealManifest(manifestOf(1, disks), KEY));
  const storage = new MemoryCeph();
  const cloud = new MemoryCloud(storage, PROJECT);
  await serverIn(cloud, storage);
  const addresses = new ServedDisksInMemory();
  storage.serve = addresses.serving((disk) => (disk.disk_id === SERVER ? 'root!' : 'data!'));
  const backup = { id: BACKUP, project_id: PROJECT, server_id: SERVER, target: 'memory' };
  const world = {
    ceph: storage.ceph,
    cloud: { tenant: () => cloud.hands, admin: cloud.hands },
    targets: { get: () => target },
    catalogue: { backup: async () => backup, setPosition: async () => {} },
    manifestCopies: { find: async () => undefined, keep: async () => undefined },
    keys: fixedRing(),
    servedDisks: addresses,
    clock: hastyClock(),
    manifestKey: KEY,
    settings: {
      ...{ rootPool: 'vms', volumePool: 'volumes', volumeHosts: {}, useTrash: false },
      ...{ disksInParallel: 2, maxBytesPerSecond: 0, gatewayUrl: 'http://gateway', objectsInParallel: 2 },
    },
  } as unknown as World;
  const ids = { restore_id: '90000000-0000-4000-8000-000000000000', backup_id: BACKUP, instant: true };
  const input = {
    'in place': { ...ids, server_id: SERVER, disks: [SERVER, VOLUME], start: null },
    volumes: { ...ids, disks: [SERVER, VOLUME], attach_to: SERVER, name: null },
  }[mode];
  const recipe = RECIPES[mode];
  const workflow = recipe.name;
  const operation: Operation = { ...newOperation(), workflow, project_id: PROJECT, resource_type: 'restore', input };
  const made = await recipeBench({ world, workflow: failing(recipe, failAt), operation }, crashAt);
  return { ...made, cloud, storage, addresses };
}

async function serverIn(cloud: MemoryCloud, storage: MemoryCeph): Promise<void> {
  const attachments = [{ serverId: SERVER, device: '/dev/vdb' }];
  const volume = { id: VOLUME, nameId: VOLUME, projectId: PROJECT, host: null, status: 'in-use', attachments };
  cloud.volumes.set(VOLUME, { ...volume, metadata: {}, deleteWithServer: false } as never);
  cloud.servers.set(SERVER, { id: SERVER, status: 'SHUTOFF', locked: null, imageDisk: true } as never);
  for (const name of [`vms/${SERVER}_disk`, `volumes/volume-${VOLUME}`]) {
    storage.put(name, 2 * GIB);
    Object.assign(storage.images.get(name) ?? {}, { content: 'now' });
  }
  await cloud.compute.startServer(SERVER);
  cloud.boots = [];
}

type Bench = Awaited<ReturnType<typeof bench>>;

/** The recipe in which one step fails after it has done its work: all of it must be undone. */
function failing(recipe: Workflow<World>, name: string | undefined): Workflow<World> {
  const step = recipe.steps.find((one) => one.name === name);
  if (name !== undefined && !step) throw new Error(`no step ${name}`);
  if (!step) return recipe;
  const fails = {
    ...step,
    async act(context: never, input: never) {
      await step.act(context, input);
      throw toyError('test.broken', 'It is broken.');
    },
  };
  const pick = (one: { name: string }) => (one.name === name ? fails : one) as never;
  return {
    ...recipe,
    steps: recipe.steps.map((one) => (one === step ? (fails as typeof step) : one)),
    run: (run, input) =>
      recipe.run(
        {
          ...run,
          step: (one, given) => run.step(pick(one), given),
          each: (items, one, of) => run.each(items, pick(one), of),
        },
        input,
      ),
  };
}

const contents = ({ storage }: Bench): string[] =>
  [...storage.images.keys()].map((name) => storage.contentOf(name)).sort();

/** Everything is at rest: nothing reads from anywhere, nobody is kept out. */
function expectAtRest({ storage, addresses, cloud }: Bench): void {
  expect([...storage.images.values()].filter((image) => image.migration || image.snaps.size > 0)).toEqual([]);
  expect([...storage.images.keys()].filter((name) => name.includes('rewind-'))).toEqual([]);
  expect(addresses.rows.size).toBe(0);
  expect(cloud.servers.get(SERVER)).toMatchObject({ status: 'ACTIVE', locked: null });
  expect(new Set([...cloud.volumes.values()].map((one) => one.status))).toEqual(new Set(['in-use']));
}

function expectRestored(one: Bench, mode: Mode): void {
  expectAtRest(one);
  expect(contents(one)).toEqual(mode === 'in place' ? ['data!', 'root!'] : ['data!', 'now', 'now', 'root!']);
  for (const boot of one.cloud.boots) expect(boot.disks.sort()).toEqual(['data!', 'root!']);
  // What came in their place lies where they lay.
  expect(new Set([...one.storage.images.values()].map((image) => image.layout))).toEqual(
    new Set(['as OpenStack makes it']),
  );
  if (mode === 'in place') expect(one.storage.images.get(`vms/${SERVER}_disk`)?.sizeBytes).toBe(2 * GIB);
}

function expectAsBefore(one: Bench): void {
  expectAtRest(one);
  expect(contents(one)).toEqual(['now', 'now']);
  for (const boot of one.cloud.boots) expect(boot.disks).toEqual(['now', 'now']);
}

const last = 'finish:after-record';

describe.each<Mode>(['in place', 'volumes'])('an instant restore (%s)', (mode) => {
  test('ends with disks of its own; a worker that dies anywhere is continued to the same end', async () => {
    const first = await bench(mode);
    expect(await first.execute()).toBe('succeeded');
    expectRestored(first, mode);
    const places = [...new Set(first.places)];
    const operation = await first.operations.operation(first.operation.id, PROJECT);
    expect(operation).toMatchObject({ progress: 100, bytes_total: 2 * GIB });
    await first.close();
    for (const at of sampled(places)) {
      const one = await bench(mode, { crashAt: (place) => place === at });
      expect(await one.execute()).toBe('let-go');
      if (at !== last) expect([at, await one.execute()]).toEqual([at, 'succeeded']);
      expectRestored(one, mode);
      await one.close();
    }
    expect(places.length).toBeGreaterThan(30);
  }, 60_000);

  const before = {
    'in place': ['open-draft', 'lock-server', 'stop-server', 'await-quiet', 'guard-volume'],
    volumes: [
      'create-volume',
      'open-draft',
      'dress-volume',
      'guard-volume',
      'swap-image',
      'release-volume',
      'attach-volume',
    ],
  }[mode];
  test.each(before)('leaves everything as it was when %s fails, wherever the worker dies meanwhile', async (failAt) => {
    const first = await bench(mode, { failAt });
    expect(await first.execute()).toBe('failed');
    const { failure } = (await first.operations.operation(first.operation.id, null)) ?? {};
    expect(failure?.code).toBe('vm-backup.test.broken');
    expectAsBefore(first);
    const places = [...new Set(first.places)].filter((place) => place.endsWith('undo') || place.startsWith('undo'));
    await first.close();
    expect(places.length).toBeGreaterThan(2);
    for (const at of sampled(places, 3)) {
      const one = await bench(mode, { failAt, crashAt: (place) => place === at });
      expect(await one.execute()).toBe('let-go');
      await one.execute();
      expectAsBefore(one);
      await one.close();
    }
  });
});

test('the server runs before any data were brought, and its old disks go after all were', async () => {
  const one = await bench('in place');
  const { executeMigration, removeImage } = one.storage.ceph;
  const seen: string[] = [];
  const { startServer } = one.cloud.compute;
  one.cloud.compute.startServer = async (id) => {
    seen.push('start');
    await startServer(id);
  };
  one.storage.ceph.executeMigration = async (...args) => {
    seen.push('bring');
    // Cinder would snap, extend or delete its volume.
    expect(one.cloud.volumes.get(VOLUME)?.status).toBe('maintenance');
    expect(one.cloud.servers.get(SERVER)?.locked).not.toBeNull();
    await executeMigration(...args);
  };
  one.storage.ceph.removeImage = async (ref) => {
    if (one.storage.images.has(`${ref.pool}/${ref.image}`)) seen.push('remove');
    await removeImage(ref);
  };
  expect(await one.execute()).toBe('succeeded');
  expect(seen).toEqual(['start', 'bring', 'bring', 'remove', 'remove']);
  await one.close();
});

test('data that cannot be brought for now are waited for, and the server goes on', async () => {
  const one = await bench('in place');
  const { executeMigration } = one.storage.ceph;
  let tries = 0;
  one.storage.ceph.executeMigration = async (...args) => {
    tries += 1;
    if (tries < 40) throw new RewindError('ceph.failed', { retry: false });
    await executeMigration(...args);
  };
  expect(await one.execute()).toBe('succeeded');
  expectRestored(one, 'in place');
  await one.close();
});

test('without a gateway nothing is begun', async () => {
  const one = await bench('in place');
  (one.engine.worldOf(one.operation).settings as { gatewayUrl: null }).gatewayUrl = null;
  expect(await one.execute()).toBe('failed');
  expectAsBefore(one);
  await one.close();
});
