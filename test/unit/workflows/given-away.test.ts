import { describe, expect, test } from '@jest/globals';
import { manifestObject } from '../../../src/archive/format/layout.ts';
import { sealManifest } from '../../../src/archive/manifests/manifest.ts';
import type { Operation } from '../../../src/domain/operations/operation.ts';
import { restoreInPlace } from '../../../src/workflows/recipes/restore-in-place.ts';
import type { World } from '../../../src/workflows/world.ts';
import { eachCall } from '../../world/each-call.ts';
import { hastyClock, newOperation, recipeBench } from '../../world/engine-bench.ts';
import { MemoryCeph } from '../../world/memory-ceph.ts';
import { MemoryCloud } from '../../world/memory-cloud.ts';
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
const NEWER = diskId(3);
const OTHER_SERVER = diskId(9);
const STRANGER = 'project of another';

type Change = 'give away' | 'use elsewhere' | 'migrate' | 'extend';

interface Scene {
  /** Where the volume is when the restore is planned. */
  attached: boolean;
  /** Before the call of this number, and each one after it until it is possible. */
  at?: number;
  change?: Change;
  /** The volume that it happens to. */
  volume?: string;
  /** It is called off when it has come so far. */
  cancelAt?: string;
}

/** A server with a root disk and a volume, and another that came later and is to be detached, all to go back to a backup. */
async function bench({ attached, at, change, volume = VOLUME, cancelAt }: Scene) {
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
  const on = (server: string) => ({ status: 'in-use', attachments: [{ serverId: server, device: '/dev/vdb' }] });
  const off = { status: 'available', attachments: [] };
  for (const [id, place] of [
    [VOLUME, attached ? on(SERVER) : off],
    [NEWER, on(SERVER)],
  ] as const) {
    const rest = { nameId: id, projectId: PROJECT, host: null, sizeGiB: 2, metadata: {}, deleteWithServer: false };
    cloud.volumes.set(id, { id, ...rest, ...place } as never);
    storage.put(`volumes/volume-${id}`, 2 * GIB);
    Object.assign(storage.images.get(`volumes/volume-${id}`) ?? {}, { content: 'now' });
  }
  cloud.servers.set(SERVER, { id: SERVER, status: 'SHUTOFF', locked: null, imageDisk: true, imageId: 'i' } as never);
  storage.put(`vms/${SERVER}_disk`, 2 * GIB);

  const seen = { calls: 0, changed: false, content: undefined as string | undefined, snaps: [] as string[] };
  const name = `volumes/volume-${volume}`;
  const one = cloud.volumes.get(volume);
  /** As the services allow it. */
  const possible = () =>
    one !== undefined && (change === 'extend' ? one.status !== 'maintenance' : one.status === 'available');
  const before = () => {
    seen.calls += 1;
    if (change === undefined || at === undefined || seen.calls <= at || seen.changed || !one || !possible()) return;
    seen.changed = true;
    if (change === 'give away') one.projectId = STRANGER;
    if (change === 'use elsewhere') Object.assign(one, on(OTHER_SERVER));
    const held = storage.images.get(name);
    if (change === 'migrate' && held) {
      one.nameId = OTHER_SERVER;
      storage.images.delete(name);
      storage.images.set(`volumes/volume-${OTHER_SERVER}`, held);
    }
    if (change === 'extend' && held) {
      one.sizeGiB = 3;
      held.sizeBytes = 3 * GIB;
    }
    seen.snaps = [...(held?.snaps ?? [])];
    // Its new owner writes.
    if (held && (change === 'give away' || change === 'use elsewhere')) held.content = 'theirs';
    seen.content = storage.contentOf(change === 'migrate' ? `volumes/volume-${OTHER_SERVER}` : name);
  };
  const { compute, blockStorage, ...rest } = cloud.hands;
  const hands = { ...rest, compute: eachCall(compute, before), blockStorage: eachCall(blockStorage, before) };
  const backup = { id: BACKUP, project_id: PROJECT, server_id: SERVER, target: 'memory' };
  const world = {
    ceph: eachCall(storage.ceph, before),
    cloud: { tenant: () => hands, admin: hands },
    targets: { get: () => target },
    catalogue: { backup: async () => backup, setPosition: async () => {} },
    manifestCopies: { find: async () => undefined, keep: async () => undefined },
    keys: fixedRing(),
    clock: hastyClock(),
    manifestKey: KEY,
    settings: {
      ...{ rootPool: 'vms', volumePool: 'volumes', volumeHosts: {}, useTrash: false },
      ...{ disksInParallel: 2, maxBytesPerSecond: 0, zstdLevel: 1 },
    },
  } as unknown as World;
  const input = {
    ...{ restore_id: '90000000-0000-4000-8000-000000000000', backup_id: BACKUP, server_id: SERVER },
    ...{ disks: [SERVER, VOLUME], start: true, detach: [NEWER] },
  };
  const workflow = restoreInPlace.name;
  const operation: Operation = { ...newOperation(), workflow, project_id: PROJECT, resource_type: 'restore', input };
  const made = await recipeBench({ world, workflow: restoreInPlace, operation });
  if (cancelAt) {
    const { boundary } = made.engine;
    made.engine.boundary = (workflowName, key, place) => {
      boundary(workflowName, key, place);
      if (`${key}:${place}` === cancelAt) void made.operations.requestCancel(operation.id);
    };
  }
  return { ...made, cloud, storage, seen, one, name };
}

async function carriedOut(scene: Scene) {
  const made = await bench(scene);
  const status = await made.execute();
  const failure = (await made.operations.operation(made.operation.id, PROJECT))?.failure?.code ?? null;
  await made.close();
  return { ...made, status, failure };
}

type Carried = Awaited<ReturnType<typeof carriedOut>>;

/** Whoever has it now has it as he got it, and the server never ran with it. */
function expectUntouched({ cloud, storage, seen, one, name }: Carried, change: Change, at: number): void {
  const image = change === 'migrate' ? `volumes/volume-${OTHER_SERVER}` : name;
  const elsewhere = change === 'use elsewhere' ? [OTHER_SERVER] : [];
  const state = {
    at,
    status: one?.status,
    on: one?.attachments.map((where) => where.serverId),
    content: storage.contentOf(image),
    snaps: [...(storage.images.get(image)?.snaps ?? [])],
    locked: cloud.servers.get(SERVER)?.locked,
  };
  const status = elsewhere.length > 0 ? 'in-use' : 'available';
  expect(state).toEqual({ at, status, on: elsewhere, content: seen.content, snaps: seen.snaps, locked: null });
  for (const boot of cloud.boots) expect(boot.disks).not.toContain('theirs');
}

const expectNothingLeft = ({ storage }: Carried): void =>
  expect([...storage.images.keys()].filter((name) => name.includes('draft'))).toEqual([]);

describe('a volume of which a restore in place was planned', () => {
  test('goes back to the backup when nobody does anything', async () => {
    const one = await carriedOut({ attached: false });
    expect([one.status, one.failure]).toEqual(['succeeded', null]);
    expect(one.storage.contentOf(one.name)).toBe('data!');
    expect(one.one).toMatchObject({ status: 'in-use', attachments: [{ serverId: SERVER }] });
  });

  test.each<[Change, number]>([
    ['give away', 1],
    ['use elsewhere', 4],
  ])(
    '%s: at whatever moment, nothing is changed, attached or read any more',
    async (change, step) => {
      const { seen } = await carriedOut({ attached: false });
      const codes = new Set<string | null>();
      let done = 0;
      for (let at = 6; at < seen.calls; at += step) {
        const one = await carriedOut({ attached: false, at, change });
        if (!one.seen.changed) break;
        done += 1;
        codes.add(one.failure);
        expectUntouched(one, change, at);
        expectNothingLeft(one);
      }
      expect(done).toBeGreaterThan(5);
      for (const code of codes)
        expect(code).toMatch(/\.(volume\.(not-yours|attached-elsewhere|wrong-state)|restore\.disk-left)$/);
    },
    60_000,
  );

  test('migrated by Cinder meanwhile, it is refused and stays', async () => {
    const one = await carriedOut({ attached: false, at: 12, change: 'migrate' });
    expect(one.failure).toBe('vm-backup.volume.moved');
    expectUntouched(one, 'migrate', 12);
    expectNothingLeft(one);
  });

  test.each([6, 12, 18])('extended meanwhile (call %i), it is restored in the size that it has now', async (at) => {
    const one = await carriedOut({ attached: true, at, change: 'extend' });
    expect([one.status, one.storage.contentOf(one.name)]).toEqual(['succeeded', 'data!']);
    expect(one.storage.images.get(one.name)?.sizeBytes).toBe(3 * GIB);
  });

  test('kept in maintenance by an operator, it is refused and stays so', async () => {
    const made = await bench({ attached: true });
    const { boundary } = made.engine;
    made.engine.boundary = (workflow, key, place) => {
      boundary(workflow, key, place);
      if (`${key}:${place}` === 'await-quiet:after-record') Object.assign(made.one ?? {}, { status: 'maintenance' });
    };
    expect(await made.execute()).toBe('failed');
    expect((await made.operations.operation(made.operation.id, PROJECT))?.failure?.code).toBe(
      'vm-backup.volume.wrong-state',
    );
    expect([made.one?.status, made.storage.contentOf(made.name)]).toEqual(['maintenance', 'now']);
    await made.close();
  });
});

describe('a volume that a restore had detached', () => {
  test('and that was given away then is not attached again when the restore is called off', async () => {
    const cancelAt = `detach-volume[${NEWER}]:after-record`;
    const { seen } = await carriedOut({ attached: true, cancelAt });
    let done = 0;
    for (let at = 30; at < seen.calls; at += 1) {
      const one = await carriedOut({ attached: true, cancelAt, at, change: 'give away', volume: NEWER });
      if (!one.seen.changed) break;
      done += 1;
      expect(one.status).toBe('cancelled');
      expectUntouched(one, 'give away', at);
    }
    expect(done).toBeGreaterThan(0);
  }, 60_000);
});
