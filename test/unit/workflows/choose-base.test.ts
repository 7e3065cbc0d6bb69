import { expect, test } from '@jest/globals';
import { manifestObject } from '../../../src/archive/format/layout.ts';
import { noKeys } from '../../../src/archive/keys/no-keys.ts';
import { sealManifest } from '../../../src/archive/manifests/manifest.ts';
import { chooseBase } from '../../../src/workflows/planning/choose-base.ts';
import { MemoryCeph } from '../../world/memory-ceph.ts';
import {
  backupId,
  diskEntry,
  diskId,
  idsOf,
  KEY,
  manifestOf,
  PROJECT,
  SERVER,
  snapOf,
  store,
} from '../archive/support/backups.ts';
import { MemoryTarget } from '../archive/support/memory-target.ts';
import { data } from '../archive/support/streams.ts';

const SIZE = 1000;
const IMAGE = { pool: 'volumes', image: `volume-${diskId(1)}` };

type Row = { status?: string; target?: string };
type Disk = { sizeBytes?: number; mistrust?: string };

/** A full backup and two increments on it, of which the last one's snap is on the disk. */
async function scene() {
  const target = new MemoryTarget();
  const full = await store(target, 1, 1, null, SIZE, [data(0, 'one')]);
  const second = await store(target, 1, 2, 1, SIZE, [data(0, 'two')]);
  const third = await store(target, 1, 3, 2, SIZE, [data(0, 'three')]);
  const runs = [third, second, full];
  target.objects.set(manifestObject(idsOf(3)), sealManifest(manifestOf(3, [diskEntry(1, 3, runs)]), KEY));
  const storage = new MemoryCeph();
  storage.put(`${IMAGE.pool}/${IMAGE.image}`, SIZE);
  storage.images.get(`${IMAGE.pool}/${IMAGE.image}`)?.snaps.add(snapOf(3));
  const world = {
    ceph: storage.ceph,
    targets: { get: () => target },
    manifestCopies: { find: async () => undefined },
    manifestKey: KEY,
    keys: noKeys,
  };
  const choose = async (row: Row = {}, disk: Disk = {}) => {
    const backup = { id: backupId(3), project_id: PROJECT, server_id: SERVER, target: 'memory', status: 'available' };
    const backups = [{ ...backup, disks: [{ id: diskId(1) }], ...row }];
    const living = { id: diskId(1), image: IMAGE, imageId: 'i', sizeBytes: SIZE, mistrust: null, ...disk };
    return chooseBase(world as never, target, living as never, backups as never);
  };
  return { target, storage, runs, choose };
}

test('an increment is built on the newest backup of its target whose snap is still there', async () => {
  const { choose, runs } = await scene();
  const { base } = await choose();
  expect(base).toMatchObject({ backupId: backupId(3), snap: snapOf(3) });
  expect(base?.runs.map((run) => run.object)).toEqual(runs.map((run) => run.object));
});

test('not when any of the runs that it needs is gone or damaged, old or new', async () => {
  for (const at of [0, 1, 2]) {
    const { choose, target, runs } = await scene();
    const object = runs[at]?.object ?? '';
    const bytes = Buffer.from(target.objects.get(object) ?? '');
    target.objects.set(object, bytes.fill(0, bytes.length - 8));
    expect([at, await choose()]).toEqual([at, { base: null, why: `data of backup ${backupId(3)} is damaged` }]);
    target.objects.delete(object);
    expect([at, await choose()]).toEqual([
      at,
      { base: null, why: `data of backup ${backupId(3)} is missing on the target` },
    ]);
  }
});

test.each<[Row, Disk, string | null]>([
  [{ status: 'error' }, {}, null],
  [{ target: 'other' }, {}, null],
  [{}, { sizeBytes: SIZE - 1 }, 'the disk was made smaller'],
  [{}, { mistrust: 'fast-diff invalid' }, 'Ceph flags the image: fast-diff invalid'],
])('not with %j and %j', async (row, disk, why) => {
  const { choose } = await scene();
  expect(await choose(row, disk)).toEqual({ base: null, why });
});

test('nor when the snap is gone from the disk', async () => {
  const { choose, storage } = await scene();
  storage.images.get(`${IMAGE.pool}/${IMAGE.image}`)?.snaps.clear();
  expect(await choose()).toEqual({ base: null, why: 'the snap of the last backup is gone from the image' });
});
