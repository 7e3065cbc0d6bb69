import { describe, expect, test } from '@jest/globals';
import { payDue } from '../../../src/maintenance/debts/pay-debts.ts';
import { payers } from '../../../src/maintenance/debts/payers.ts';
import { deletedDisks, sweepDeletedDisks } from '../../../src/maintenance/nova/sweep-deleted-disks.ts';
import { runJobs } from '../../../src/periodic/periodic-job.ts';
import type { World } from '../../../src/workflows/world.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';
import { cephInMemory, type FakeImage } from '../../world/ceph-in-memory.ts';
import { debtsInMemory } from '../../world/debts-in-memory.ts';
import { ownNamesInMemory } from '../../world/own-names-in-memory.ts';
import { silentLog } from '../../world/silent-log.ts';

const HOUR = 3_600_000;
const BASE = `rewind-b-${uuidOf(5)}`;
const SNAPSHOT = `rewind-s-${uuidOf(6)}`;
const trashed = (n: number, fields: Partial<FakeImage> = {}): FakeImage => ({
  pool: 'volumes',
  name: `volume-${uuidOf(n)}`,
  id: `ab${n}0`,
  snaps: [BASE],
  inTrash: true,
  deletedAtMs: 0,
  ...fields,
});

function worldOf(images: FakeImage[], known: string[] = [], given?: string[]) {
  const shutdown = new AbortController();
  const blockStorage = {
    volume: async (id: string) => (known.includes(id) ? { id, nameId: id, host: null } : undefined),
  };
  const clock = { now: () => 24 * HOUR, monotonic: () => 0, sleep: async () => shutdown.abort() };
  const settings = { volumePool: 'volumes', volumeHosts: {} };
  const debts = debtsInMemory();
  const ownNames = ownNamesInMemory(given);
  const world = { ceph: cephInMemory(images), cloud: { admin: { blockStorage } }, clock, settings, debts, ownNames };
  return { debts, world: world as unknown as World, signal: shutdown.signal };
}

describe('deleted volumes in the trash', () => {
  test('go when only bases of increments keep them and their time is over', async () => {
    const images = [trashed(1), trashed(2, { deletedAtMs: 1 })];
    const { world, signal } = worldOf(images);
    await runJobs([sweepDeletedDisks(world, silentLog, 24)], { clock: world.clock, log: silentLog }, signal);
    expect(images).toEqual([trashed(2, { deletedAtMs: 1 })]);
  });

  test.each([
    ['a snapshot is on it', trashed(1, { snaps: [BASE, SNAPSHOT] })],
    ['somebody else’s snap is on it', trashed(1, { snaps: [BASE, 'backup.x.snap.1'] })],
    ['no snap of ours is on it', trashed(1, { snaps: ['theirs'] })],
    ['it has none at all', trashed(1, { snaps: [] })],
    ['it is no volume', trashed(1, { name: 'important' })],
  ])('stay when %s', async (_why, image) => {
    const images = [{ ...image }];
    const { world, signal } = worldOf(images);
    await runJobs([sweepDeletedDisks(world, silentLog, 24)], { clock: world.clock, log: silentLog }, signal);
    expect(images).toEqual([image]);
  });

  test('stay when another installation made the base that is on them', async () => {
    const images = [trashed(1)];
    const { world, signal } = worldOf(images, [], []);
    await runJobs([sweepDeletedDisks(world, silentLog, 24)], { clock: world.clock, log: silentLog }, signal);
    expect(images).toEqual([trashed(1)]);
  });

  test('stay when Cinder knows the volume: somebody took it back', async () => {
    const images = [trashed(1)];
    const { world, signal } = worldOf(images, [uuidOf(1)]);
    await runJobs([sweepDeletedDisks(world, silentLog, 24)], { clock: world.clock, log: silentLog }, signal);
    expect(images).toEqual([trashed(1)]);
  });

  test('go when Cinder made another image for the volume: reimaged, retyped or migrated', async () => {
    const images = [trashed(1), trashed(1, { id: 'cd10', inTrash: false, snaps: [] })];
    const { world, signal } = worldOf(images, [uuidOf(1)]);
    await runJobs([sweepDeletedDisks(world, silentLog, 24)], { clock: world.clock, log: silentLog }, signal);
    expect(images.map(({ id }) => id)).toEqual(['cd10']);
  });

  test('go when a restore had taken them out of the trash and put them back', async () => {
    const images = [trashed(1, { name: 'rewind-kept-ab10' }), trashed(2, { name: 'rewind-kept-cd10' })];
    const { world, signal } = worldOf(images);
    await runJobs([sweepDeletedDisks(world, silentLog, 24)], { clock: world.clock, log: silentLog }, signal);
    expect(images.map(({ id }) => id)).toEqual(['ab20']);
  });

  test('stay in the trash and in sight while clones of them live, and go afterwards', async () => {
    const images = [trashed(1, { cloned: [BASE] })];
    const { world, signal, debts } = worldOf(images);
    await runJobs([sweepDeletedDisks(world, silentLog, 24)], { clock: world.clock, log: silentLog }, signal);
    expect(images).toMatchObject([{ inTrash: true, snaps: [], held: [BASE] }]);
    expect(await deletedDisks(world)).toMatchObject([{ id: 'ab10', keptFor: 'clones' }]);
    expect(debts.rows).toMatchObject([{ kind: 'remove-image', subject: 'volumes/ab10' }]);
    delete images[0]?.held;
    await payDue({ world, debts, log: silentLog }, payers, new AbortController().signal);
    expect([images, debts.rows]).toEqual([[], []]);
  });

  test('one that goes between two looks keeps no other from being looked at', async () => {
    const images = [trashed(1), trashed(2)];
    const { world, signal } = worldOf(images);
    const { listSnapsOfId } = world.ceph;
    world.ceph.listSnapsOfId = async (pool, id) => {
      if (id === 'ab10') images.splice(0, images.length, ...images.filter((one) => one.id !== id));
      return await listSnapsOfId(pool, id);
    };
    await runJobs([sweepDeletedDisks(world, silentLog, 24)], { clock: world.clock, log: silentLog }, signal);
    expect(images).toEqual([]);
  });

  test('are shown with what keeps them', async () => {
    const { world } = worldOf([trashed(1), trashed(2, { snaps: [SNAPSHOT] }), trashed(3, { snaps: [BASE, 'x'] })]);
    expect((await deletedDisks(world)).map((disk) => disk.keptFor)).toEqual([null, 'a snapshot', 'snaps of others']);
  });
});
