import { describe, expect, test } from '@jest/globals';
import { RewindError } from '../../../src/domain/errors.ts';
import type { Workflow } from '../../../src/workflow-engine/workflow.ts';
import { restoreInPlace } from '../../../src/workflows/recipes/restore-in-place.ts';
import { revertSnapshot } from '../../../src/workflows/recipes/revert-snapshot.ts';
import { snapDisks } from '../../../src/workflows/steps/image/snap-disks.ts';
import { lockServer, stopServer } from '../../../src/workflows/steps/server/server-power.ts';
import { attachVolume } from '../../../src/workflows/steps/volume/attach-volume.ts';
import { createVolume } from '../../../src/workflows/steps/volume/create-volume.ts';
import { guardVolume } from '../../../src/workflows/steps/volume/guard-volume.ts';
import type { AnyRecipeStep, World } from '../../../src/workflows/world.ts';
import { hastyClock, newOperation, recipeBench } from '../../world/engine-bench.ts';
import { MemoryCeph } from '../../world/memory-ceph.ts';
import { MemoryCloud } from '../../world/memory-cloud.ts';
import { toyError } from '../../world/toy-error.ts';
import { diskId, SERVER } from '../archive/support/backups.ts';

const PROJECT = 'p1';
const VOLUME = diskId(2);
const LATE_MS = 30_000;

/** One step in a cloud with a server and a volume of the project's; then it goes wrong, if asked. */
async function bench(step: AnyRecipeStep, input: object, fails = false) {
  const storage = new MemoryCeph();
  const cloud = new MemoryCloud(storage, PROJECT);
  const volume = { id: VOLUME, nameId: VOLUME, projectId: PROJECT, host: null, status: 'available', attachments: [] };
  cloud.volumes.set(VOLUME, { ...volume, sizeGiB: 1, metadata: {}, deleteWithServer: false } as never);
  cloud.servers.set(SERVER, { id: SERVER, status: 'ACTIVE', locked: null, imageDisk: true, imageId: 'i' } as never);
  for (const name of [`volumes/volume-${VOLUME}`, `vms/${SERVER}_disk`]) storage.put(name, 1);
  const clock = hastyClock();
  const world = {
    ceph: storage.ceph,
    cloud: { tenant: () => cloud.hands, admin: cloud.hands },
    hosts: { callOff: async () => undefined },
    clock,
    settings: { rootPool: 'vms', volumePool: 'volumes', volumeHosts: {} },
  } as unknown as World;
  const workflow: Workflow<World> = {
    name: 'create-backup/1',
    steps: [step],
    async run(run) {
      await run.step(step, input);
      if (fails) throw toyError('toy.failed', 'It went wrong later.');
      return {};
    },
    ended: () => ({}),
  };
  const made = await recipeBench({ world, workflow, operation: newOperation() });
  made.engine.clock = clock;
  const run = async () => {
    const status = await made.execute();
    // What may come still, comes.
    for (let ms = 0; ms <= LATE_MS; ms += 1000) await clock.sleep(1000);
    const { failure } = (await made.operations.operation(made.operation.id, PROJECT)) ?? {};
    await made.close();
    return { status, code: failure?.code ?? null };
  };
  /** No answer comes, and after half a minute the effect. */
  const late = (act: () => Promise<unknown>) => async () => {
    const dueMs = clock.monotonic() + LATE_MS;
    const { sleep } = clock;
    let done = false;
    clock.sleep = async (ms, signal) => {
      await sleep(ms, signal);
      if (!done && clock.monotonic() >= dueMs) {
        done = true;
        await act();
      }
    };
    throw new RewindError('openstack.unavailable', 'No answer.', { retry: false });
  };
  return { ...made, cloud, storage, run, late };
}

describe('what carries a mark that a tenant could foresee', () => {
  const wish = {
    name: 'big',
    description: null,
    sizeGiB: 1024,
    volumeType: null,
    availabilityZone: null,
    metadata: {},
  };

  test('is not taken for a volume of ours, and not removed', async () => {
    const one = await bench(createVolume, { diskId: VOLUME, volume: wish }, true);
    const metadata = { rewind_operation_id: one.operation.id, rewind_disk_id: VOLUME };
    Object.assign(one.cloud.volumes.get(VOLUME) ?? {}, { metadata });
    const { createVolume: create } = one.cloud.blockStorage;
    const sizes: number[] = [];
    one.cloud.blockStorage.createVolume = async (volume) => {
      sizes.push(volume.sizeGiB);
      return create(volume);
    };
    expect(await one.run()).toMatchObject({ code: 'vm-backup.toy.failed' });
    expect(sizes).toEqual([1024]);
    expect([...one.cloud.volumes.keys()]).toEqual([VOLUME]);
  });

  test('is what an operation of an older release goes on with, when it is as it was asked for', async () => {
    const one = await bench(createVolume, {});
    const metadata = { rewind_operation_id: one.operation.id, rewind_disk_id: VOLUME };
    Object.assign(one.cloud.volumes.get(VOLUME) ?? {}, { metadata });
    const context = {
      ...{
        operation: one.operation,
        mark: null,
        begunBefore: () => true,
        noted: () => undefined,
        world: one.engine.worldOf(one.operation),
      },
      waitFor: (look: () => Promise<unknown>) => look(),
    } as never;
    const found = (sizeGiB: number) => createVolume.find?.(context, { diskId: VOLUME, volume: { ...wish, sizeGiB } });
    expect(await found(1)).toEqual({ diskId: VOLUME, volumeId: VOLUME });
    expect(await found(1024)).toBeUndefined();
    Object.assign(one.cloud.volumes.get(VOLUME) ?? {}, { sizeGiB: 2 });
    expect(await found(1)).toBeUndefined();
    await one.close();
  });

  test('is not a lock of ours', async () => {
    const one = await bench(lockServer, { serverId: SERVER });
    const locked = `vm-backup ${one.operation.id}`;
    Object.assign(one.cloud.servers.get(SERVER) ?? {}, { locked });
    expect(await one.run()).toMatchObject({ code: 'vm-backup.server.locked' });
    expect(one.cloud.servers.get(SERVER)?.locked).toBe(locked);
  });
});

test.each([
  [{}, 'vm-backup.volume.has-snapshots', 'available'],
  [{ snapshotsStay: true }, null, 'maintenance'],
])('a volume that its owner snapshots right before the guard, %j: %s', async (more, code, status) => {
  const image = { pool: 'volumes', image: `volume-${VOLUME}` };
  const one = await bench(guardVolume, { volumeId: VOLUME, usual: 'available', serverId: null, image, ...more });
  one.cloud.blockStorage.snapshotsOf = async () =>
    one.cloud.volumes.get(VOLUME)?.status === 'maintenance' ? [{ id: 'theirs', status: 'available' }] : [];
  expect(await one.run()).toMatchObject({ code });
  expect(one.cloud.volumes.get(VOLUME)).toMatchObject({ status });
});

describe('what takes effect after it was given up on', () => {
  test('an attached volume is detached again', async () => {
    const input = { serverId: SERVER, volumeId: VOLUME, locked: true };
    const one = await bench(attachVolume, input);
    const { attachVolume: attach } = one.cloud.compute;
    one.cloud.compute.attachVolume = one.late(() => attach(SERVER, VOLUME));
    expect((await one.run()).status).toBe('failed');
    expect(one.cloud.volumes.get(VOLUME)).toMatchObject({ status: 'available', attachments: [] });
  });

  test('a stopped server is started again', async () => {
    const one = await bench(stopServer, { serverId: SERVER, running: true });
    const { stopServer: stop } = one.cloud.compute;
    one.cloud.compute.stopServer = one.late(() => stop(SERVER));
    expect((await one.run()).status).toBe('failed');
    expect(one.cloud.servers.get(SERVER)?.status).toBe('ACTIVE');
  });

  test('a locked server is unlocked again', async () => {
    const one = await bench(lockServer, { serverId: SERVER });
    const { lockServer: lock } = one.cloud.compute;
    one.cloud.compute.lockServer = async (id, reason) => one.late(() => lock(id, reason))();
    expect((await one.run()).status).toBe('failed');
    expect(one.cloud.servers.get(SERVER)?.locked).toBeNull();
  });
});

test('a volume that went to another project while it was snapped keeps no snap of ours', async () => {
  const image = { pool: 'volumes', image: `volume-${VOLUME}` };
  const volumes = [{ volumeId: VOLUME, image }];
  const one = await bench(snapDisks, { serverId: SERVER, images: [image], snap: 's', wanted: 'crash', volumes });
  Object.assign(one.cloud.servers.get(SERVER) ?? {}, { status: 'SHUTOFF' });
  const volume = one.cloud.volumes.get(VOLUME);
  Object.assign(volume ?? {}, { status: 'in-use', attachments: [{ serverId: SERVER, device: null }] });
  const snaps = one.storage.images.get(`volumes/${image.image}`)?.snaps;
  one.storage.ceph.createSnap = async (_image, snap) => {
    snaps?.add(snap);
    Object.assign(volume ?? {}, { status: 'available', attachments: [], projectId: 'another' });
  };
  expect(await one.run()).toMatchObject({ code: 'vm-backup.volume.not-yours' });
  expect([...(snaps ?? [])]).toEqual([]);
});

test.each(['before', 'while'])(
  'a disk that was replaced under its name %s it is snapped keeps no snap',
  async (when) => {
    const image = { pool: 'vms', image: `${SERVER}_disk` };
    const planned = [{ image, imageId: 'ab01' }];
    const one = await bench(snapDisks, {
      serverId: SERVER,
      images: [image],
      snap: 's',
      wanted: 'crash',
      planned,
    });
    Object.assign(one.cloud.servers.get(SERVER) ?? {}, { status: 'SHUTOFF' });
    const name = `vms/${SERVER}_disk`;
    expect(one.storage.images.get(name)?.id).toBe('ab01');
    // As a rebuild does.
    const replace = () => one.storage.put(name, 1);
    if (when === 'before') replace();
    else {
      one.storage.ceph.createSnap = async (_image, snap) => {
        replace();
        one.storage.images.get(name)?.snaps.add(snap);
      };
    }
    expect(await one.run()).toMatchObject({ code: 'vm-backup.server.disks-changed' });
    expect([...(one.storage.images.get(name)?.snaps ?? [])]).toEqual([]);
  },
);

test.each([restoreInPlace, revertSnapshot])(
  '$name keeps the old images when the server does not start',
  async (recipe) => {
    const image = { pool: 'vms', image: 'i' };
    const disk = { diskId: SERVER, kind: 'root', live: image, volumeId: null, volumeStatus: null, attach: false };
    const source = { snap: 's', sizeBytes: 1, runs: [] };
    const plan = { disks: [{ ...disk, source, method: 'clone', finalSizeBytes: 1 }], detach: [] };
    const done: string[] = [];
    const answers: Record<string, unknown> = {
      'plan-in-place': plan,
      'plan-revert': plan,
      'lock-server': { running: true },
    };
    const step = async ({ name }: { name: string }) => {
      done.push(name);
      return answers[name] ?? null;
    };
    const each = async (items: unknown[], { name }: { name: string }) => {
      if (items.length > 0) done.push(name);
      return items.map(() => null);
    };
    const attempt = async () => undefined;
    const world = { settings: { disksInParallel: 2, snapshotPool: 'snapshots' } };
    const run = { operation: newOperation(), world, step, each, attempt, attemptEach: each, pointOfNoReturn: attempt };
    await recipe.run(run as never, {
      restore_id: SERVER,
      snapshot_id: SERVER,
      server_id: SERVER,
      start: null,
      disks: [],
    });
    expect(done).toContain('swap-image');
    expect(done).not.toContain('discard-old-image');
  },
);
