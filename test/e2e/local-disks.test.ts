import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { contentOf } from '../world/lab/content.ts';
import { rbd } from '../world/lab/lab.ts';
import { available, carryOut, type Installation, install } from '../world/lab/rewind.ts';
import { dropSnapshots, revertTo, takeSnapshot } from '../world/lab/snapshots.ts';
import { bootServer, deleteServer, logIn, must, stopServer, type Tenant } from '../world/lab/tenant.ts';

/** Nova's ephemeral and swap disks: no API lists them, and a point without them would not be the server. */
let admin: Tenant;
let demo: Tenant;
let rewind: Installation;
let flavor: string;
let server: string;

const images = () => ['_disk', '_disk.eph0', '_disk.swap'].map((disk) => `vms/${server}${disk}`);
const content = () => Promise.all(images().map(contentOf));
const scribble = async () => {
  for (const image of images())
    await rbd('bench', '--io-type', 'write', '--io-size', '64K', '--io-total', '256K', '--io-pattern', 'rand', image);
};

beforeAll(async () => {
  [admin, demo] = await Promise.all([logIn('admin'), logIn('demo')]);
  rewind = install({ REWIND_RESTORE_SAFETY_HOURS: '1' });
  rewind.start('all');
  await rewind.ready();
  const wanted = {
    name: `e2e-local-${Date.now()}`,
    ram: 256,
    vcpus: 1,
    disk: 1,
    'OS-FLV-EXT-DATA:ephemeral': 1,
    swap: 64,
  };
  const made = await must<{ flavor: { id: string } }>(admin.call('compute', 'POST', '/flavors', { flavor: wanted }));
  flavor = made.flavor.id;
  server = await bootServer(demo, 'e2e-local', { flavorRef: flavor });
  await stopServer(demo, server);
});

afterAll(() => dropSnapshots(rewind, demo, server));
afterAll(() => deleteServer(demo, server));
afterAll(() => must(admin.call('compute', 'DELETE', `/flavors/${flavor}`)));
afterAll(() => rewind.end());

test('go into snapshots and come back with them', async () => {
  await scribble();
  const then = await content();
  const snapshot = await takeSnapshot(rewind, demo, server, 'local');
  const shown = await must<{ snapshot: { disks: { kind: string }[] } }>(
    rewind.call(demo, 'GET', `/v1/snapshots/${snapshot}`),
  );
  expect(shown.snapshot.disks.map((disk) => disk.kind)).toEqual(['root', 'ephemeral', 'swap']);
  await scribble();
  await revertTo(rewind, demo, snapshot);
  expect(await content()).toEqual(then);
});

test('go into backups, in full and by increments, and come back in place', async () => {
  await available(carryOut(rewind, demo, 'backup', { server_id: server }));
  await scribble();
  const then = await content();
  const backup = await available(carryOut(rewind, demo, 'backup', { server_id: server }));
  expect(
    (backup.disks as { kind: string; incremental: boolean }[]).map((disk) => [disk.kind, disk.incremental]),
  ).toEqual([
    ['root', true],
    ['ephemeral', true],
    ['swap', true],
  ]);
  await scribble();
  await available(carryOut(rewind, demo, 'restore', { backup_id: backup.id, mode: 'in_place' }));
  expect(await content()).toEqual(then);
});
