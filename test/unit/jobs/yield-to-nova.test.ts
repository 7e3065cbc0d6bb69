import { describe, expect, test } from '@jest/globals';
import { yieldToNova } from '../../../src/jobs/yield-to-nova.ts';
import type { Server } from '../../../src/ports/openstack.ts';
import type { World } from '../../../src/workflows/world.ts';
import { server, uuidOf } from '../../world/api/fake-cloud.ts';
import { cephInMemory, type FakeImage } from '../../world/ceph-in-memory.ts';
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

/** Some looks, at a server in this state. */
async function look(
  images: FakeImage[],
  taskState: string | null,
  seen: Server | null = server({ id: SERVER, taskState }),
  looks = 2,
): Promise<void> {
  const shutdown = new AbortController();
  let nowMs = 0;
  const compute = {
    changedServers: async () => [{ id: SERVER, taskState }],
    serverState: async () => seen ?? undefined,
  };
  const sleep = async (ms: number) => {
    nowMs += ms;
    if (nowMs >= looks * ms) shutdown.abort();
  };
  const clock = { now: () => 0, monotonic: () => nowMs, sleep };
  const world = { ceph: cephInMemory(images), cloud: { admin: { compute } }, clock, settings: { rootPool: 'vms' } };
  await yieldToNova(world as unknown as World, silentLog, shutdown.signal);
}

describe('while Nova wants a server’s disks gone', () => {
  test.each(['rebuilding', 'deleting', 'shelving_offloading'])('%s: base snaps are given up', async (state) => {
    const images = [image({ snaps: [BASE, 'other'] })];
    await look(images, state);
    expect(images).toEqual([image({ snaps: ['other'] })]);
  });

  test('a disk with a snapshot is put aside, with all that is on it, and so are ephemeral ones', async () => {
    const images = [
      image({ snaps: [BASE, SNAPSHOT] }),
      image({ name: `${ROOT}.local`, id: '3c4d', snaps: [SNAPSHOT] }),
    ];
    await look(images, 'deleting');
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
    await look(images, 'rebuilding', undefined, 1);
    expect(images).toEqual([image({ snaps: [SNAPSHOT] })]);
  });

  test('not when Nova is done meanwhile', async () => {
    const images = [image({ snaps: [SNAPSHOT] })];
    await look(images, 'rebuilding', server({ id: SERVER, taskState: 'rebuild_spawning' }));
    expect(images).toEqual([image({ snaps: [SNAPSHOT] })]);
  });

  test('not while the server still has it open', async () => {
    const images = [image({ snaps: [SNAPSHOT], watched: true })];
    await look(images, 'rebuilding');
    expect(images[0]?.name).toBe(ROOT);
  });

  test('never of a server that is at something else', async () => {
    for (const state of ['resize_prep', 'powering-off', 'image_snapshot']) {
      const images = [image({ snaps: [BASE, SNAPSHOT] })];
      await look(images, state);
      expect(images).toEqual([image({ snaps: [BASE, SNAPSHOT] })]);
    }
  });
});

describe('when Nova is done', () => {
  const kept = () => image({ name: `rewind-kept-${ROOT}-1a2b`, snaps: [SNAPSHOT] });

  test('a disk that was not replaced gets its name back', async () => {
    const images = [kept()];
    await look(images, null);
    expect(images[0]?.name).toBe(ROOT);
  });

  test('a stand-in that Nova left makes room for it', async () => {
    const images = [kept(), image({ id: 'fff0', sizeBytes: 4096 })];
    await look(images, null);
    expect(images).toEqual([{ ...kept(), name: ROOT }]);
  });

  test.each([
    ['the server has a new disk', [image({ id: '9f9f' })], server({ id: SERVER })],
    ['it is deleted', [], null],
    ['it boots from a volume', [], server({ id: SERVER, imageId: null })],
    ['it is shelved', [], server({ id: SERVER, status: 'SHELVED_OFFLOADED' })],
    ['it is at something again', [], server({ id: SERVER, taskState: 'rebuilding' })],
    ['nobody knows which it was', [image({ name: `rewind-kept-${ROOT}-7777`, id: '7777' })], server({ id: SERVER })],
  ])('not when %s', async (_why, more, seen) => {
    const images = [kept(), ...more];
    await look(images, null, seen);
    expect(images[0]).toEqual(kept());
  });
});
