import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hashes, writeRandom } from '../../world/lab/guest-disks.ts';
import { guest, guestReady, rbdJson } from '../../world/lab/lab.ts';
import { available, carryOut, type Installation, install } from '../../world/lab/rewind.ts';
import { dropSnapshots, revertTo, takeSnapshot } from '../../world/lab/snapshots.ts';
import { act, bootServer, deleteServer, logIn, must, serverIs, type Tenant } from '../../world/lab/tenant.ts';

/** A root disk on an image, with a snapshot on it: Nova rebuilds and deletes the server, the snapshot stays good. */
const FILES = ['/var/lab/mine.bin'];
let demo: Tenant;
let rewind: Installation;
let server: string;
let snapshot: string;
let known: string[];
const servers: string[] = [];

beforeAll(async () => {
  demo = await logIn('demo');
  rewind = install({ REWIND_RESTORE_SAFETY_HOURS: '1' });
  rewind.start('all');
  await rewind.ready();
  server = await bootServer(demo, 'e2e-survives');
  servers.push(server);
  await guestReady(server);
  await writeRandom(server, FILES[0] ?? '', 4);
  known = await hashes(server, FILES);
  snapshot = await takeSnapshot(rewind, demo, server, 'kept');
});

afterAll(async () => {
  for (const one of servers) await dropSnapshots(rewind, demo, one);
});
afterAll(async () => {
  for (const one of servers) {
    if ((await demo.call('compute', 'GET', `/servers/${one}`)).status === 200) await deleteServer(demo, one);
  }
});
afterAll(() => rewind.end());

const addresses = async (id: string): Promise<unknown> => {
  const { interfaceAttachments } = await must<{
    interfaceAttachments: { mac_addr: string; fixed_ips: { ip_address: string }[] }[];
  }>(demo.call('compute', 'GET', `/servers/${id}/os-interface`));
  return interfaceAttachments.map((one) => [one.mac_addr, one.fixed_ips.map((ip) => ip.ip_address)]);
};

test('a rebuild gives a new disk, and the snapshot takes the server back', async () => {
  const idOfRoot = async () => (await rbdJson<{ id: string }>('info', `vms/${server}_disk`)).id;
  const old = await idOfRoot();
  const { images } = await must<{ images: { id: string }[] }>(demo.call('image', 'GET', '/v2/images?name=lab'));
  await act(demo, server, { rebuild: { imageRef: images[0]?.id } });
  await serverIs(demo, server, 'ACTIVE', 300_000);
  await guestReady(server);
  expect(await idOfRoot()).not.toBe(old);
  expect(await hashes(server, FILES)).toEqual([]);
  await revertTo(rewind, demo, snapshot);
  await guestReady(server);
  expect(await hashes(server, FILES)).toEqual(known);
});

test('a deleted server is made again from its snapshot', async () => {
  const was = await addresses(server);
  const began = Date.now();
  await deleteServer(demo, server);
  console.log(`Nova deleted a server with snapshots in ${Math.round((Date.now() - began) / 1000)} s`);
  const restore = await available(
    carryOut(rewind, demo, 'restore', { snapshot_id: snapshot, mode: 'new_server', start: true }),
  );
  const made = restore.server_id as string;
  servers.push(made);
  await serverIs(demo, made, 'ACTIVE');
  await guestReady(made);
  expect(await hashes(made, FILES)).toEqual(known);
  expect(await guest(made, 'cat /var/lab/mine.bin | wc -c')).toContain(String(4 * 1024 ** 2));
  expect(await addresses(made)).toEqual(was);
});

test('with the last snapshot everything of the deleted server is gone', async () => {
  await dropSnapshots(rewind, demo, server);
  const left = (await rbdJson<string[]>('ls', 'vms')).filter((image) => image.includes(server));
  expect(left).toEqual([]);
  const operations = await rewind.call<{ operations: { id: string }[] }>(demo, 'GET', '/v1/operations?limit=1000');
  const ours = (await rbdJson<string[]>('ls', 'vms')).filter((image) =>
    operations.body.operations.some(({ id }) => image.includes(id)),
  );
  expect(ours).toEqual([]);
});
