import { expect, test } from '@jest/globals';
import { manifestObject } from '../../../src/archive/format/layout.ts';
import { sealManifest } from '../../../src/archive/manifests/manifest.ts';
import { deleteBackup } from '../../../src/workflows/recipes/delete-backup.ts';
import type { World } from '../../../src/workflows/world.ts';
import { hastyClock, newOperation, recipeBench } from '../../world/engine-bench.ts';
import { MemoryCeph } from '../../world/memory-ceph.ts';
import { ownNamesInMemory } from '../../world/own-names-in-memory.ts';
import { backupId, diskEntry, idsOf, KEY, manifestOf, PROJECT, SERVER, store } from '../archive/support/backups.ts';
import { MemoryTarget } from '../archive/support/memory-target.ts';
import { data } from '../archive/support/streams.ts';

const BACKUP = backupId(2);

interface Scene {
  /** The place at which it is called off. */
  cancelAt?: string;
  /** The worker dies there, too, and another one goes on. */
  dies?: boolean;
  /** Of another increment, on the one that goes. */
  third?: 'whole' | 'unreadable';
}

/** The deletion of an increment. */
async function deletion({ cancelAt, dies = false, third }: Scene = {}) {
  const target = new MemoryTarget();
  const full = await store(target, 1, 1, null, 1000, [data(0, 'all of it')]);
  const increment = await store(target, 1, 2, 1, 1000, [data(0, 'some')]);
  const sealed = [sealManifest(manifestOf(1, [diskEntry(1, 1, [full])]), KEY)];
  sealed.push(sealManifest(manifestOf(2, [diskEntry(1, 2, [increment, full])]), KEY));
  for (const [index, bytes] of sealed.entries()) target.objects.set(manifestObject(idsOf(index + 1)), bytes);
  if (third) {
    const more = await store(target, 1, 3, 2, 1000, [data(0, 'more')]);
    const manifest = sealManifest(manifestOf(3, [diskEntry(1, 3, [more, increment, full])]), KEY);
    target.objects.set(manifestObject(idsOf(3)), third === 'whole' ? manifest : manifest.subarray(0, -9));
  }
  const before = [...target.objects.keys()].sort();
  const row = { id: BACKUP, project_id: PROJECT, server_id: SERVER, target: 'memory', disks: [] };
  const world = {
    ceph: new MemoryCeph().ceph,
    cloud: { admin: { blockStorage: { volume: async () => undefined } } },
    targets: { get: () => target },
    catalogue: { backup: async () => row, backupsOfServer: async () => [row] },
    operations: { holderOf: async () => undefined },
    manifestCopies: { find: async () => Buffer.from(sealed[1] ?? '').toString('utf8') },
    ownNames: ownNamesInMemory(),
    clock: hastyClock(),
    manifestKey: KEY,
    settings: { rootPool: 'vms', volumePool: 'volumes', volumeHosts: {} },
  } as unknown as World;
  const operation = {
    ...newOperation(),
    workflow: deleteBackup.name,
    project_id: PROJECT,
    input: { backup_id: BACKUP },
  };
  const crashAt = dies ? (place: string) => place === cancelAt : undefined;
  const made = await recipeBench({ world, workflow: deleteBackup, operation }, crashAt);
  const { boundary } = made.engine;
  made.engine.leaseMs = 0;
  made.engine.boundary = (workflow, key, place) => {
    if (`${key}:${place}` === cancelAt) void made.operations.requestCancel(operation.id);
    boundary(workflow, key, place);
  };
  const first = await made.execute();
  const status = dies ? await made.execute() : first;
  await made.close();
  return { status, places: made.places, before, left: [...target.objects.keys()].sort() };
}

test.each([false, true])(
  'a deletion that is called off, wherever it is heard, leaves the backup whole or nothing of it; the worker dies: %s',
  async (dies) => {
    const whole = await deletion();
    const gone = whole.before.filter((object) => object.includes(BACKUP));
    expect([whole.status, gone.length]).toEqual(['succeeded', 2]);
    expect(whole.left).toEqual(whole.before.filter((object) => !gone.includes(object)));
    const ends = new Set<unknown>();
    for (const place of whole.places) {
      const { status, before, left } = await deletion({ cancelAt: place, dies });
      ends.add(status);
      expect({ place, status, left }).toEqual({ place, status, left: status === 'cancelled' ? before : whole.left });
    }
    expect([...ends].sort()).toEqual(['cancelled', 'succeeded']);
  },
);

test.each(['whole', 'unreadable'] as const)(
  'what another backup may need stays, its manifest being %s',
  async (third) => {
    const { status, before, left } = await deletion({ third });
    expect(status).toBe('succeeded');
    expect(left).toEqual(before.filter((object) => object !== manifestObject(idsOf(2))));
  },
);
