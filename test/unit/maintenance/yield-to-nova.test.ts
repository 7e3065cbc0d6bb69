import { describe, expect, test } from '@jest/globals';
import type { SeenAction, SeenMigration } from '../../../src/domain/operations/nova-intent.ts';
import { yieldToNova } from '../../../src/maintenance/nova/yield-to-nova.ts';
import { runJobs } from '../../../src/periodic/periodic-job.ts';
import type { Server } from '../../../src/ports/openstack.ts';
import type { World } from '../../../src/workflows/world.ts';
import { server, uuidOf } from '../../world/api/fake-cloud.ts';
import { cephInMemory, type FakeImage } from '../../world/ceph-in-memory.ts';
import { ownNamesInMemory } from '../../world/own-names-in-memory.ts';
import { silentLog } from '../../world/silent-log.ts';

const SERVER = uuidOf(1);
const BASE = `rewind-b-${uuidOf(5)}`;
const SNAPSHOT = `rewind-s-${uuidOf(6)}`;
const ROOT = `${SERVER}_disk`;
const image = (fields: Partial<FakeImage>): FakeImage => ({
  pool: 'vms',
  name: ROOT,
  id: '1a2b',
  snaps: [],
  ...fields,
});

interface Scene {
  /** What Nova's list says; what it says when it is asked again is `seen`. */
  listed?: { taskState: string | null; status?: string } | null;
  seen?: Server | null | ((nowMs: number) => Server | null);
  asked?: SeenAction;
  migrations?: SeenMigration[];
  looks?: number;
  held?: boolean;
  /** Ids that this installation gave out; left out: all are. */
  ours?: string[];
  everyLook?: (nowMs: number) => void;
}

const rebuild: SeenAction = { action: 'rebuild', requestId: 'req-1', startedAt: null, over: false };
const evacuate: SeenAction = { ...rebuild, action: 'evacuate' };

/** Some looks, at a server in this state. Resolves to what was said, and how often the server was restarted. */
async function look(images: FakeImage[], scene: Scene): Promise<{ told: string[]; restarts: number }> {
  const { asked, migrations = [], looks = 2, held = false } = scene;
  const shutdown = new AbortController();
  let nowMs = 0;
  let restarts = 0;
  const told: string[] = [];
  const seenNow = () => {
    const { seen } = scene;
    if (typeof seen === 'function') return seen(nowMs);
    return seen === undefined ? server({ id: SERVER, taskState: scene.listed?.taskState ?? null }) : seen;
  };
  const compute = {
    changedServers: async () => {
      scene.everyLook?.(nowMs);
      return scene.listed === null ? [] : [{ id: SERVER, taskState: null, status: 'ACTIVE', ...scene.listed }];
    },
    serverState: async () => seenNow() ?? undefined,
    rebuildAsked: async () => asked,
    migrations: async () => migrations,
    rebootServer: async () => {
      restarts += 1;
      for (const one of images) one.watched = false;
    },
  };
  const sleep = async (ms: number) => {
    nowMs += ms;
    if (nowMs >= looks * ms) shutdown.abort();
  };
  const clock = { now: () => 0, monotonic: () => nowMs, sleep };
  const operations = { holderOf: async () => (held ? uuidOf(99) : undefined) };
  const ceph = cephInMemory(images);
  const ownNames = ownNamesInMemory(scene.ours);
  const world = { ceph, cloud: { admin: { compute } }, clock, operations, ownNames, settings: { rootPool: 'vms' } };
  const job = yieldToNova(world as unknown as World, silentLog, async ({ code }) => void told.push(code));
  await runJobs([job], { clock: world.clock, log: silentLog }, shutdown.signal);
  return { told, restarts };
}

const names = (images: FakeImage[]) => images.map((one) => [one.name, one.snaps]);

describe('while Nova wants a server’s disks gone', () => {
  test.each([
    ['rebuilding', rebuild],
    ['deleting', undefined],
    ['shelving_offloading', undefined],
  ])('%s: base snaps are given up', async (taskState, asked) => {
    const images = [image({ snaps: [BASE, 'other'] })];
    await look(images, { listed: { taskState }, ...(asked && { asked }) });
    expect(images).toEqual([image({ snaps: ['other'] })]);
  });

  test('base snaps of another installation stay, with the disk they are on', async () => {
    const theirs = `rewind-b-${uuidOf(7)}`;
    const images = [image({ snaps: [BASE, theirs] })];
    const ours = [uuidOf(5)];
    await look(images, { listed: { taskState: 'rebuilding' }, asked: rebuild, ours });
    expect(images).toEqual([image({ snaps: [theirs] })]);
    await look(images, { listed: { taskState: null, status: 'DELETED' }, seen: null, ours });
    expect(images).toEqual([image({ snaps: [theirs] })]);
  });

  test('a disk with a snapshot is put aside, with all that is on it, and so are ephemeral ones', async () => {
    const images = [
      image({ snaps: [BASE, SNAPSHOT] }),
      image({ name: `${ROOT}.local`, id: '3c4d', snaps: [SNAPSHOT] }),
    ];
    await look(images, { listed: { taskState: 'deleting' } });
    expect(images.map((one) => [one.name, one.snaps, one.sizeBytes])).toEqual([
      [`rewind-kept-${ROOT}-1a2b`, [SNAPSHOT], undefined],
      [`rewind-kept-${ROOT}.local-3c4d`, [SNAPSHOT], undefined],
      // What Nova removes instead.
      [ROOT, [], 4096],
      [`${ROOT}.local`, [], 4096],
    ]);
  });

  test('not before Nova had its first try: it would take the stand-in for the new disk', async () => {
    const images = [image({ snaps: [SNAPSHOT] })];
    await look(images, { listed: { taskState: 'rebuilding' }, asked: rebuild, looks: 1 });
    expect(images).toEqual([image({ snaps: [SNAPSHOT] })]);
  });

  test('not when Nova is done meanwhile', async () => {
    const images = [image({ snaps: [SNAPSHOT] })];
    const seen = server({ id: SERVER, taskState: 'rebuild_spawning' });
    await look(images, { listed: { taskState: 'rebuilding' }, asked: rebuild, seen });
    expect(images).toEqual([image({ snaps: [SNAPSHOT] })]);
  });

  test('not when it is done between the look and the act', async () => {
    const images = [image({ snaps: [SNAPSHOT] })];
    let asked = 0;
    const seen = () => {
      asked += 1;
      return server({ id: SERVER, taskState: asked < 3 ? 'rebuilding' : 'rebuild_spawning' });
    };
    await look(images, { listed: { taskState: 'rebuilding' }, asked: rebuild, seen });
    expect(asked).toBe(3);
    expect(names(images)).toEqual([[ROOT, [SNAPSHOT]]]);
  });

  test('not while the server still has it open', async () => {
    const images = [image({ snaps: [SNAPSHOT], watched: true })];
    await look(images, { listed: { taskState: 'rebuilding' }, asked: rebuild });
    expect(images[0]?.name).toBe(ROOT);
  });

  test('never of a server that is at something else', async () => {
    for (const taskState of ['resize_prep', 'powering-off', 'image_snapshot', 'migrating', 'unshelving', 'spawning']) {
      const images = [image({ snaps: [BASE, SNAPSHOT] })];
      await look(images, { listed: { taskState } });
      expect(images).toEqual([image({ snaps: [BASE, SNAPSHOT] })]);
    }
  });

  test('never at an evacuation, which has the same state as a rebuild', async () => {
    for (const migrations of [[], [{ type: 'evacuation', status: 'accepted', createdAt: null }]]) {
      const images = [image({ snaps: [BASE, SNAPSHOT] })];
      const { told } = await look(images, {
        listed: { taskState: 'rebuilding' },
        asked: evacuate,
        migrations,
        looks: 9,
      });
      expect(images).toEqual([image({ snaps: [BASE, SNAPSHOT] })]);
      expect(told).toEqual([]);
    }
  });

  test('in doubt nothing is touched, and the server’s users hear of it once', async () => {
    const doubts: Partial<Scene>[] = [
      {},
      { asked: { ...rebuild, over: true } },
      { asked: rebuild, migrations: [{ type: 'evacuation', status: 'pre-migrating', createdAt: null }] },
      { asked: rebuild, seen: server({ id: SERVER, taskState: 'rebuilding', hostStatus: 'DOWN' }) },
    ];
    for (const doubt of doubts) {
      const images = [image({ snaps: [BASE, SNAPSHOT] })];
      const { told } = await look(images, { listed: { taskState: 'rebuilding' }, looks: 5, ...doubt });
      expect(images).toEqual([image({ snaps: [BASE, SNAPSHOT] })]);
      expect(told).toEqual(['vm-backup.server.rebuild-unclear']);
    }
  });

  test('one look in doubt says nothing: Nova writes down late what was asked for', async () => {
    const images = [image({ snaps: [BASE] })];
    expect((await look(images, { listed: { taskState: 'rebuilding' }, looks: 1 })).told).toEqual([]);
  });

  test('what is remembered of a state ends with it: the next rebuild has its first try, too', async () => {
    const images = [image({ snaps: [SNAPSHOT] })];
    // One look at a rebuild that comes to nothing, a pause, and one at the next.
    const taskAt = (nowMs: number) => (nowMs === 5_000 ? null : 'rebuilding');
    const listed = { taskState: 'rebuilding' as string | null };
    await look(images, {
      listed,
      asked: rebuild,
      looks: 3,
      everyLook: (nowMs) => {
        listed.taskState = taskAt(nowMs);
      },
      seen: (nowMs) => server({ id: SERVER, taskState: taskAt(nowMs) }),
    });
    expect(names(images)).toEqual([[ROOT, [SNAPSHOT]]]);
  });

  test('nor does it outlast a disk that was opened again', async () => {
    const disk = image({ snaps: [SNAPSHOT] });
    await look([disk], {
      listed: { taskState: 'rebuilding' },
      asked: rebuild,
      looks: 3,
      everyLook: (nowMs) => {
        disk.watched = nowMs === 5_000;
      },
    });
    expect(disk.name).toBe(ROOT);
  });

  test('a state that lasts longer than Nova’s list looks back is still looked at', async () => {
    const images = [image({ snaps: [SNAPSHOT], watched: true })];
    const scene: Scene = { listed: { taskState: 'deleting' }, looks: 4 };
    scene.seen = server({ id: SERVER, taskState: 'deleting' });
    scene.everyLook = (nowMs) => {
      if (nowMs < 5_000) return;
      scene.listed = null;
      if (images[0]) images[0].watched = false;
    };
    await look(images, scene);
    expect(images[0]?.name).toBe(`rewind-kept-${ROOT}-1a2b`);
  });
});

describe('when Nova is done', () => {
  const kept = () => image({ name: `rewind-kept-${ROOT}-1a2b`, snaps: [SNAPSHOT] });
  const standIn = (fields: Partial<FakeImage> = {}) =>
    image({
      id: 'fff0',
      sizeBytes: 4096,
      marks: { 'rewind.stand-in': 'fff0', 'rewind.stands-for': '1a2b' },
      ...fields,
    });

  test('a disk that was not replaced gets its name back, when it is missing for two looks', async () => {
    const images = [kept()];
    await look(images, { looks: 1 });
    expect(images).toEqual([kept()]);
    const { told } = await look(images, {});
    expect(images[0]?.name).toBe(ROOT);
    expect(told).toEqual(['vm-backup.server.disk-put-back']);
  });

  test.each([
    ['as it was made', {}],
    ['as large as the flavor says', { sizeBytes: 10 * 1024 ** 3 }],
    ['of a release that marked none', { marks: {} }],
  ])('a stand-in that Nova left makes room for it: %s', async (_how, fields) => {
    for (const status of ['ACTIVE', 'SHUTOFF', 'ERROR', 'SHELVED']) {
      const images = [kept(), standIn(fields)];
      const { told } = await look(images, { seen: server({ id: SERVER, status }) });
      expect(images).toEqual([{ ...kept(), name: ROOT }]);
      expect(told).toEqual(['vm-backup.server.disk-put-back']);
    }
  });

  test('a server that runs on the stand-in is restarted from its own disk, once', async () => {
    const images = [kept(), standIn({ sizeBytes: 1024 ** 3, watched: true })];
    const { restarts } = await look(images, { looks: 4 });
    expect(images).toEqual([expect.objectContaining({ name: ROOT, id: '1a2b' })]);
    expect(restarts).toBe(1);
  });

  test('a stand-in that was written to is not touched, nor what it stands for; it is said once', async () => {
    const images = [kept(), standIn({ sizeBytes: 1024 ** 3, written: true })];
    const { told, restarts } = await look(images, { looks: 4 });
    expect(images.map(({ name, id }) => [name, id])).toEqual([
      [kept().name, '1a2b'],
      [ROOT, 'fff0'],
    ]);
    expect([told, restarts]).toEqual([['vm-backup.server.on-stand-in'], 0]);
  });

  test('one that was written to on its way out is kept', async () => {
    const images = [standIn({ name: `rewind-standin-${ROOT}-fff0`, written: true }), image({})];
    await look(images, { looks: 4 });
    expect(images).toHaveLength(2);
  });

  test('of several that were put aside it is the one that the stand-in stands for', async () => {
    const other = image({ name: `rewind-kept-${ROOT}-7777`, id: '7777', snaps: [SNAPSHOT] });
    const images = [other, kept(), standIn()];
    await look(images, {});
    expect(images).toEqual([other, { ...kept(), name: ROOT }]);
  });

  test('also when nobody looked while it happened', async () => {
    const images = [kept(), standIn()];
    await look(images, { listed: null });
    expect(images).toEqual([{ ...kept(), name: ROOT }]);
  });

  test('a clone of a stand-in is a disk like any other', async () => {
    const images = [kept(), standIn({ id: 'abcd', sizeBytes: 1024 ** 3 })];
    await look(images, {});
    expect(images[0]).toEqual(kept());
  });

  const SHUT = server({ id: SERVER, status: 'SHUTOFF' });
  test.each([
    ['the server has a new disk', [image({ id: '9f9f' })], SHUT],
    ['it is deleted', [], null],
    ['it is as good as deleted', [], server({ id: SERVER, status: 'DELETED', vmState: 'deleted' })],
    ['it boots from a volume', [], server({ id: SERVER, imageId: null })],
    ['it is shelved and on no host', [], server({ id: SERVER, status: 'SHELVED_OFFLOADED' })],
    ['it is at something again', [], server({ id: SERVER, taskState: 'rebuilding' })],
    ['nobody knows which it was', [image({ name: `rewind-kept-${ROOT}-7777`, id: '7777' })], SHUT],
  ])('not when %s', async (_why, more, seen) => {
    const images = [kept(), ...more];
    await look(images, { seen, looks: 4 });
    expect(images[0]).toEqual(kept());
  });

  test('not while an operation exchanges its disks', async () => {
    const images = [kept()];
    await look(images, { held: true, looks: 4 });
    expect(images).toEqual([kept()]);
  });

  test.each([
    ['deleted', 'DELETED', null],
    ['shelved and on no host', 'SHELVED_OFFLOADED', server({ id: SERVER, status: 'SHELVED_OFFLOADED' })],
  ])('of a server that is %s no stand-in is left: it would be taken for the disk', async (_how, status, seen) => {
    const images = [kept(), standIn({ sizeBytes: 1024 ** 3 })];
    await look(images, { listed: { taskState: null, status }, seen, looks: 3 });
    expect(images).toEqual([kept()]);
  });

  test('a disk that Nova left of a deleted server goes when only bases of ours are on it', async () => {
    const listed = { taskState: null, status: 'DELETED' };
    for (const [snaps, left] of [
      [[BASE], []],
      [[], [[ROOT, []]]],
      [[BASE, SNAPSHOT], [[ROOT, [SNAPSHOT]]]],
      [[BASE, 'other'], [[ROOT, ['other']]]],
    ] as const) {
      const images = [image({ snaps: [...snaps] })];
      await look(images, { listed, seen: null });
      expect(names(images)).toEqual(left);
      const alive = [image({ snaps: [...snaps] })];
      await look(alive, { listed });
      expect(names(alive)).toEqual([[ROOT, [...snaps]]]);
    }
  });
});
