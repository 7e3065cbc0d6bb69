import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { contentOf } from '../../world/lab/content.ts';
import { CHAIN_LIMIT_MS, type KillBench, killBench } from '../../world/lab/killing.ts';
import { guestReady, rbd, until } from '../../world/lab/lab.ts';
import { filesBelow, lookAround } from '../../world/lab/leftovers.ts';
import { restoredContent } from '../../world/lab/proof.ts';
import { available, carryOut, type Installation, install } from '../../world/lab/rewind.ts';
import {
  attach,
  bootServer,
  createVolume,
  deleteServer,
  deleteVolume,
  detach,
  logIn,
  serverIs,
  showVolume,
  startServer,
  stopServer,
  type Tenant,
} from '../../world/lab/tenant.ts';

/**
 * kill -9 of the worker at every boundary of every recipe, in real processes, on the real cloud. After each: the
 * operation has ended well by another worker, the content is right, and nothing is there that was not before.
 */
let demo: Tenant;
let rewind: Installation;
let bench: KillBench;
let server: string;
let volume: string;
let point: string;
let content: { root: string; volume: string };

const root = () => `vms/${server}_disk`;
const data = () => `volumes/volume-${volume}`;

/** Some bytes elsewhere on the disk, so that an increment has something to carry and a restore something to put back. */
async function scribble(spec: string, offset: number): Promise<void> {
  await rbd(
    'bench',
    '--io-type',
    'write',
    '--io-size',
    '65536',
    '--io-total',
    '262144',
    '--io-threads',
    '1',
    spec,
    ...(offset ? ['--io-pattern', 'rand'] : []),
  );
}

beforeAll(async () => {
  demo = await logIn('demo');
  rewind = install({ REWIND_WORKER_LEASE_SECONDS: '1' });
  rewind.start('api');
  await rewind.ready();
  bench = killBench(rewind);
  server = await bootServer(demo, 'e2e-kill');
  volume = await createVolume(demo, 'e2e-kill');
  await guestReady(server);
  await attach(demo, server, volume);
  await stopServer(demo, server);
  await scribble(data(), 1);
  point = (await available(carryOut(rewind, demo, 'backup', { server_id: server, name: 'point' }))).id;
  content = {
    root: await contentOf(`${root()}@rewind-b-${point}`),
    volume: await contentOf(`${data()}@rewind-b-${point}`),
  };
});

afterAll(() => bench.stop());
afterAll(() => deleteServer(demo, server));
afterAll(async () => {
  if (await showVolume(demo, volume)) await deleteVolume(demo, volume);
});
afterAll(() => rewind.end());

const look = () => lookAround(rewind, demo, [server], 'e2e-kill');
/** Backups of the server now, and what of the target they do not account for. */
async function deleteBackup(id: string): Promise<void> {
  const answer = await rewind.call(demo, 'DELETE', `/v1/backups/${id}`);
  expect(answer.status).toBe(202);
  await until(
    `backup ${id} gone`,
    300_000,
    async () => (await rewind.call(demo, 'GET', `/v1/backups/${id}`)).status === 404,
  );
}

test('create-backup', async () => {
  const backUp = async () => {
    await scribble(data(), 1);
    return available(carryOut(rewind, demo, 'backup', { server_id: server }));
  };
  const made: string[] = [];
  const places = await bench.placesOf(async () => made.push((await backUp()).id));
  await bench.rounds('create-backup', places, async (kill) => {
    made.push((await kill(backUp)).id);
    const { pools, servers, target } = (await look()) as {
      pools: Record<string, string[]>;
      servers: { locked: boolean }[];
      target: string[];
    };
    for (const image of [root(), data()]) expect(pools[image]).toEqual([`rewind-b-${made.at(-1)}`]);
    expect(Object.keys(pools).filter((name) => name.includes('rewind-'))).toEqual([]);
    expect(servers[0]?.locked).toBe(false);
    expect(target.filter((name) => name.endsWith('manifest.json'))).toHaveLength(made.length + 1);
    expect(target.filter((name) => name.includes('/runs/'))).toHaveLength(2 * (made.length + 1));
  });
  // The chain of all of them is whole: the last restores to what the disk holds.
  const last = made.at(-1) ?? '';
  expect(await restoredContent(rewind, demo, last, volume)).toBe(await contentOf(`${data()}@rewind-b-${last}`));
  for (const id of made) await deleteBackup(id);
});

test('delete-backup', async () => {
  const newBackup = async () => {
    await scribble(data(), 1);
    return (await available(carryOut(rewind, demo, 'backup', { server_id: server }))).id;
  };
  const first = await newBackup();
  const places = await bench.placesOf(() => deleteBackup(first));
  await bench.rounds('delete-backup', places, async (kill) => {
    const doomed = await newBackup();
    await kill(() => deleteBackup(doomed));
    expect(filesBelow(rewind.target).filter((name) => name.includes(doomed))).toEqual([]);
    const { pools } = (await look()) as { pools: Record<string, string[]> };
    for (const image of [root(), data()]) expect(pools[image]).toEqual([]);
  });
});

test('restore as volumes, attached', async () => {
  const restore = () =>
    available(
      carryOut(
        rewind,
        demo,
        'restore',
        { backup_id: point, mode: 'volumes', disks: [volume], attach_to: server },
        CHAIN_LIMIT_MS,
      ),
    );
  const before = await look();
  const checkAndRemove = async (done: Awaited<ReturnType<typeof restore>>) => {
    const [{ volume_id: copy } = { volume_id: '' }] = done.volumes as { volume_id: string }[];
    expect(await showVolume(demo, copy)).toMatchObject({ status: 'in-use', attachments: [{ server_id: server }] });
    expect(await contentOf(`volumes/volume-${copy}`)).toBe(content.volume);
    await detach(demo, server, copy);
    await deleteVolume(demo, copy);
    expect(await look()).toEqual(before);
  };
  const places = await bench.placesOf(async () => checkAndRemove(await restore()));
  await bench.rounds('restore-volumes', places, async (kill) => checkAndRemove(await kill(restore)));
});

/** The base snap of the restored point comes with the restored disk; everything else must be as before. */
const shared = async () => {
  const around = (await look()) as { pools: Record<string, string[]> };
  return { ...around, pools: { ...around.pools, [root()]: 'either', [data()]: 'either' } };
};

test('restore in place', async () => {
  const restore = () =>
    available(carryOut(rewind, demo, 'restore', { backup_id: point, mode: 'in_place' }, CHAIN_LIMIT_MS));
  const spoil = async () => {
    await scribble(data(), 1);
    await scribble(root(), 1);
    expect(await contentOf(data())).not.toBe(content.volume);
  };
  const check = async () => {
    expect(await contentOf(data())).toBe(content.volume);
    expect(await contentOf(root())).toBe(content.root);
    await serverIs(demo, server, 'SHUTOFF');
  };
  await spoil();
  const before = await shared();
  const places = await bench.placesOf(restore);
  await check();
  await bench.rounds('restore-in-place, of a stopped server', places, async (kill) => {
    await spoil();
    await kill(restore);
    await check();
    expect(await shared()).toEqual(before);
  });
});

test('restore in place, of a running server: the boundaries around stop and start', async () => {
  const restore = () =>
    available(
      carryOut(rewind, demo, 'restore', { backup_id: point, mode: 'in_place', disks: [volume] }, CHAIN_LIMIT_MS),
    );
  await startServer(demo, server);
  await guestReady(server);
  const before = await shared();
  const around = /(lock-server|stop-server|await-quiet|start-server|unlock-server) /;
  const places = (await bench.placesOf(restore)).filter((place) => around.test(place));
  await bench.rounds('restore-in-place, of a running server', places, async (kill) => {
    await guestReady(server);
    await kill(restore);
    await serverIs(demo, server, 'ACTIVE');
    expect(await shared()).toEqual(before);
  });
});
