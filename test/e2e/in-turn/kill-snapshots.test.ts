import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type BlankServer,
  bootBlankServer,
  dropBlankServer,
  dropVolumesNamed,
  volumeImage,
  writeImage,
} from '../../world/lab/blank-server.ts';
import { contentOf } from '../../world/lab/content.ts';
import { CHAIN_LIMIT_MS, type KillBench, killBench } from '../../world/lab/killing.ts';
import { lookAround } from '../../world/lab/leftovers.ts';
import { type Installation, install } from '../../world/lab/rewind.ts';
import { dropSnapshot, dropSnapshots, revertTo, snapshotTree, takeSnapshot } from '../../world/lab/snapshots.ts';
import { attach, createVolume, logIn, stopServer, type Tenant, volumeIs } from '../../world/lab/tenant.ts';

/**
 * kill -9 of the worker at every boundary of the recipes of snapshots. After each: another worker has ended the
 * operation well, the content is right, and nothing is there that should not be.
 */
const PREFIX = 'e2e-kill-snap';
let demo: Tenant;
let rewind: Installation;
let bench: KillBench;
let server: BlankServer;
let data: string;

const images = () => [volumeImage(server.volume), volumeImage(data)];
const content = () => Promise.all(images().map(contentOf));

interface Around {
  pools: Record<string, string[]>;
  volumes: unknown[];
  servers: { status: string; locked: boolean }[];
}

const look = async () => (await lookAround(rewind, demo, [server.id], PREFIX)) as unknown as Around;

/** Every snap of a snapshot that is anywhere, with its image. */
const snapsIn = ({ pools }: Around): string[] =>
  Object.entries(pools).flatMap(([image, names]) =>
    names.filter((name) => name.startsWith('rewind-s-')).map((name) => `${image}@${name}`),
  );

/** Images of ours beside the disks. */
const ours = ({ pools }: Around): string[] => Object.keys(pools).filter((image) => image.includes('/rewind-'));

beforeAll(async () => {
  demo = await logIn('demo');
  rewind = install({
    REWIND_WORKER_LEASE_SECONDS: '1',
    REWIND_RESTORE_SAFETY_HOURS: '1',
    REWIND_RESTORE_ROLLBACK_MAX_GIB: '1',
  });
  rewind.start('api');
  rewind.start('agent');
  await rewind.ready();
  bench = killBench(rewind);
  server = await bootBlankServer(demo, PREFIX, 4);
  data = await createVolume(demo, PREFIX, 2);
  await writeImage(volumeImage(data), [{ at: 4, length: 4 }]);
  await attach(demo, server.id, data);
});

afterAll(() => dropSnapshots(rewind, demo, server.id));
afterAll(() => bench.stop());
afterAll(() => dropBlankServer(demo, server));
afterAll(() => dropVolumesNamed(demo, PREFIX));
afterAll(() => rewind.end());

test('create-snapshot, of a running server', async () => {
  const take = () => takeSnapshot(rewind, demo, server.id, 'kill');
  const places = await bench.placesOf(async () => dropSnapshot(rewind, demo, await take()));
  const creating = places.filter((place) => place.startsWith('create-snapshot'));
  await bench.rounds('create-snapshot', creating, async (kill) => {
    const id = await kill(take);
    const around = await look();
    expect(snapsIn(around).sort()).toEqual(
      images()
        .map((image) => `${image}@rewind-s-${id}`)
        .sort(),
    );
    expect(around.servers[0]).toMatchObject({ status: 'ACTIVE', locked: false });
    expect(await snapshotTree(rewind, demo, server.id)).toMatchObject({ current_snapshot_id: id, nodes: [{ id }] });
    await dropSnapshot(rewind, demo, id);
  });
  expect(creating.length).toBeGreaterThan(8);
});

test('delete-snapshot', async () => {
  const before = await look();
  const take = () => takeSnapshot(rewind, demo, server.id, 'kill');
  const first = await take();
  const places = await bench.placesOf(() => dropSnapshot(rewind, demo, first));
  await bench.rounds('delete-snapshot', places, async (kill) => {
    const doomed = await take();
    await kill(() => dropSnapshot(rewind, demo, doomed));
    expect((await look()).pools).toEqual(before.pools);
  });
  expect(places.length).toBeGreaterThan(8);
});

test('revert-snapshot: one disk rolled back, one replaced by a clone, one detached', async () => {
  await stopServer(demo, server.id);
  const wanted = await content();
  const point = await takeSnapshot(rewind, demo, server.id, 'point');
  const later = await createVolume(demo, PREFIX);
  const revert = () => revertTo(rewind, demo, point, { newer_volumes: 'detach' }, CHAIN_LIMIT_MS);
  const spoil = async () => {
    await attach(demo, server.id, later);
    for (const image of images()) await writeImage(image, [{ at: 6, length: 1 }]);
    expect(await content()).not.toEqual(wanted);
  };
  const check = async () => {
    expect(await content()).toEqual(wanted);
    const { nodes, current_snapshot_id } = await snapshotTree(rewind, demo, server.id);
    expect(current_snapshot_id).toBe(point);
    await volumeIs(demo, later, 'available');
    const safety = nodes.filter((node) => node.safety);
    expect(safety).toHaveLength(1);
    await dropSnapshot(rewind, demo, safety[0]?.id ?? '');
    const around = await look();
    expect(around.servers[0]).toMatchObject({ status: 'SHUTOFF', locked: false });
    expect(snapsIn(around).map((snap) => snap.split('@')[1])).toEqual([`rewind-s-${point}`, `rewind-s-${point}`]);
    // The snapshot's snap of the disk that was replaced stays on the one image it was made on.
    expect(ours(around)).toHaveLength(1);
  };
  await spoil();
  const places = (await bench.placesOf(revert)).filter((place) => place.startsWith('revert-snapshot'));
  await check();
  const { volumes } = await look();
  await bench.rounds('revert-snapshot', places, async (kill) => {
    await spoil();
    await kill(revert);
    await check();
    expect((await look()).volumes).toEqual(volumes);
  });
  expect(places.length).toBeGreaterThan(20);
});
