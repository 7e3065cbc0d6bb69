import { describe, expect, test } from '@jest/globals';
import { RewindError } from '../../../src/domain/errors.ts';
import { sampled } from '../../world/sampling.ts';
import { PROJECT } from '../archive/support/backups.ts';
import { bench, expectBroken, expectNothing, expectWhole, type Root } from './support/new-server-bench.ts';

const last = 'finish:after-record';

describe.each<[Root, boolean, boolean]>([
  ['image', false, false],
  ['volume', false, false],
  ['image', true, false],
  ['image', false, true],
])('a lost server whose root disk was on a %s (config drive: %s, instant: %s)', (root, configDrive, instant) => {
  test('is made again; a worker that dies anywhere is continued to the same end', async () => {
    const first = await bench(root, { configDrive, instant });
    expect(await first.execute()).toBe('succeeded');
    expectWhole(first, root);
    const places = [...new Set(first.places)];
    await first.close();
    expect(places.length).toBeGreaterThan(80);
    for (const at of sampled(places)) {
      const one = await bench(root, { configDrive, instant, crashAt: (place) => place === at });
      expect(await one.execute()).toBe('let-go');
      if (at !== last) expect([at, await one.execute()]).toEqual([at, 'succeeded']);
      expectWhole(one, root);
      await one.close();
    }
  }, 60_000);
});

/** All that may fail before the point of no return, except the first, which makes nothing. */
const BEFORE = [
  'create-security-group',
  'create-port',
  'create-volume',
  'locate-volume',
  'dress-volume',
  'create-server',
  'lock-server',
  'stop-server',
  'fill-draft',
  'check-draft',
  'await-quiet',
  'guard-volume',
  'swap-image',
  'release-volume',
  'attach-volume',
  'attach-port',
  'compare-server',
];

describe.each<Root>(['image', 'volume'])('a lost server whose root disk was on a %s', (root) => {
  test.each(BEFORE)('leaves nothing when %s fails, wherever the worker dies meanwhile', async (failAt) => {
    const first = await bench(root, { failAt });
    expect(await first.execute()).toBe('failed');
    await expectBroken(first);
    expectNothing(first);
    const places = [...new Set(first.places)].filter((place) => place.endsWith('undo') || place.startsWith('undo'));
    await first.close();
    expect(places.length).toBeGreaterThan(2);
    for (const at of sampled(places, 3)) {
      const one = await bench(root, { failAt, crashAt: (place) => place === at });
      expect(await one.execute()).toBe('let-go');
      await one.execute();
      expectNothing(one);
      await one.close();
    }
  });
});

test('a volume keeps its metadata and whether it goes with its server', async () => {
  const one = await bench('volume');
  await one.execute();
  const [data] = [...one.cloud.volumes.values()].filter((volume) => volume.metadata.owner === 'me');
  expect(data).toMatchObject({ deleteWithServer: true });
  const operation = await one.operations.operation(one.operation.id, PROJECT);
  expect(operation?.status).toBe('succeeded');
  await one.close();
});

test('an address that its subnet makes of the MAC is not named: Neutron would refuse it', async () => {
  const one = await bench('volume');
  expect(await one.execute()).toBe('succeeded');
  const [port] = [...one.cloud.ports.values()];
  expect(port?.fixedIps).toEqual([
    { subnetId: 's4', ipAddress: '10.0.0.5' },
    { subnetId: 's6', ipAddress: null },
  ]);
  await one.close();
});

test('another key of the same name, left by a restore that died, is taken away', async () => {
  const one = await bench('volume');
  one.cloud.keypairs.set('k', 'ssh-of-another');
  expect(await one.execute()).toBe('succeeded');
  expect(one.cloud.keypairs.size).toBe(0);
  expectWhole(one, 'volume');
  await one.close();
});

test('a key that came between while Nova was asked is in no server: that one goes, the next has the right key', async () => {
  const one = await bench('volume');
  const { createServer } = one.cloud.making;
  const keys: (string | undefined)[] = [];
  one.cloud.making.createServer = async (server) => {
    if (keys.length === 0) one.cloud.keypairs.set('k', 'ssh-of-another');
    keys.push(one.cloud.keypairs.get('k'));
    return createServer(server);
  };
  expect(await one.execute()).toBe('succeeded');
  expect(keys).toEqual(['ssh-of-another', 'ssh-rsa']);
  expectWhole(one, 'volume');
  await one.close();
});

test('a MAC that was taken meanwhile ends it with the reason, and nothing is left', async () => {
  const one = await bench('volume');
  await one.cloud.network.createPort({ macAddress: '01', securityGroups: [] as string[] } as Parameters<
    typeof one.cloud.network.createPort
  >[0]);
  expect(await one.execute()).toBe('failed');
  const operation = await one.operations.operation(one.operation.id, PROJECT);
  expect(operation?.failure).toMatchObject({ code: 'vm-backup.address.taken', fault: 'failed' });
  one.cloud.ports.clear();
  expectNothing(one);
  await one.close();
});

test('a floating address that cannot be assigned is told; the server runs all the same', async () => {
  const one = await bench('image');
  one.cloud.network.assignFloatingIp = async () => {
    throw new RewindError('openstack.conflict', 'The Network service refused.');
  };
  expect(await one.execute()).toBe('failed');
  one.cloud.floating.set('fip', [...one.cloud.ports.keys()][0] ?? null);
  expectWhole(one, 'image');
  expect(one.cloud.boots).toHaveLength(1);
  await one.close();
});

test('a server that Nova cannot place ends it before anything was copied', async () => {
  const one = await bench('image');
  const { createServer } = one.cloud.making;
  one.cloud.making.createServer = async (server) => {
    const id = await createServer(server);
    const made = one.cloud.servers.get(id);
    if (made) made.status = 'ERROR';
    return id;
  };
  expect(await one.execute()).toBe('failed');
  expect(one.places.some((place) => place.startsWith('fill-draft'))).toBe(false);
  expectNothing(one);
  await one.close();
});
