import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buryHost, hostDies } from '../../world/lab/dead-host.ts';
import { hashes, writeRandom } from '../../world/lab/guest-disks.ts';
import { guestReady, lab, rbdJson, sleep, until } from '../../world/lab/lab.ts';
import { available, carryOut, type Installation, install } from '../../world/lab/rewind.ts';
import { dropSnapshots, revertTo, takeSnapshot } from '../../world/lab/snapshots.ts';
import {
  act,
  bootServer,
  deleteServer,
  logIn,
  must,
  serverIs,
  showServer,
  type Tenant,
} from '../../world/lab/tenant.ts';

/**
 * What Nova does with a root disk without destroying it, while Rewind's worker looks on: the disk carries a snapshot and
 * the base of a backup, and must be the same afterwards, with what was written to it since.
 */
const COUNT = Number(process.env.REWIND_TEST_EVACUATIONS ?? 2);
/** Servers that are made ready at one time. */
const AT_ONCE = 3;
/** So long a host is prepared that has much to do; Rewind looks every five seconds. */
const PREPARED_MS = 18_000;
const FILE = '/var/lab/mine.bin';
const SINCE = '/var/lab/since.bin';

interface Mine {
  id: string;
  snapshot: string;
  known: string[];
  disk: { id: string; snaps: string[] };
}

let demo: Tenant;
let admin: Tenant;
let rewind: Installation;
const booted: string[] = [];
const mine: Mine[] = [];

const diskOf = async (server: string): Promise<Mine['disk']> => ({
  id: (await rbdJson<{ id: string }>('info', `vms/${server}_disk`)).id,
  snaps: (await rbdJson<{ name: string }[]>('snap', 'ls', `vms/${server}_disk`)).map(({ name }) => name).sort(),
});

async function prepare(id: string): Promise<Mine> {
  await guestReady(id);
  await writeRandom(id, FILE, 1);
  await available(carryOut(rewind, demo, 'backup', { server_id: id }));
  const snapshot = await takeSnapshot(rewind, demo, id, 'before');
  await writeRandom(id, SINCE, 1);
  const disk = await diskOf(id);
  expect(disk.snaps.map((name) => name.slice(0, 9))).toEqual(['rewind-b-', 'rewind-s-']);
  return { id, snapshot, known: await hashes(id, [FILE, SINCE]), disk };
}

const isWhole = async ({ id, known, disk }: Mine): Promise<void> => {
  await guestReady(id);
  expect({ id, files: await hashes(id, [FILE, SINCE]) }).toEqual({ id, files: known });
  expect(await diskOf(id)).toEqual(disk);
};

beforeAll(
  async () => {
    demo = await logIn('demo');
    admin = await logIn('admin');
    rewind = install({ REWIND_RESTORE_SAFETY_HOURS: '0' });
    rewind.start('all');
    await rewind.ready();
    const lanes = Array.from({ length: AT_ONCE }, async (_, lane) => {
      for (let index = lane; index < COUNT; index += AT_ONCE) {
        const id = await bootServer(demo, `e2e-evacuated-${index}`);
        booted.push(id);
        mine.push(await prepare(id));
      }
    });
    await Promise.all(lanes);
  },
  240_000 + COUNT * 240_000,
);

afterAll(async () => {
  await lab('daemon', 'resume', 'nova-compute').catch(() => undefined);
  for (const id of booted) await dropSnapshots(rewind, demo, id);
  for (const id of booted) await deleteServer(demo, id);
  await buryHost();
  await rewind.end();
}, 600_000);

test(`a host died: ${COUNT} servers come up elsewhere on the disks that they had`, async () => {
  await hostDies(booted);
  // Nova sets the state at once; a host that has much to do takes its time.
  await lab('daemon', 'pause', 'nova-compute');
  for (const id of booted) await act(admin, id, { evacuate: {} });
  for (const id of booted) expect((await showServer(admin, id))['OS-EXT-STS:task_state']).toBe('rebuilding');
  await sleep(PREPARED_MS);
  await lab('daemon', 'resume', 'nova-compute');
  const up: string[] = [];
  for (const one of mine) {
    await serverIs(demo, one.id, 'ACTIVE', 600_000);
    await isWhole(one);
    up.push(one.id);
  }
  console.log(`${up.length} of ${COUNT} servers are up with their data`);
  const aside = (await rbdJson<string[]>('ls', 'vms')).filter((name) => /^rewind-(kept|standin)-/.test(name));
  expect(aside.filter((name) => booted.some((id) => name.includes(id)))).toEqual([]);
}, 1_200_000);

const first = (): Mine => mine[0] as Mine;
const second = (): Mine => mine[1] as Mine;

test('a resize, reverted and confirmed, leaves disk and snapshots alone', async () => {
  const { flavors } = await must<{ flavors: { id: string; name: string }[] }>(demo.call('compute', 'GET', '/flavors'));
  const flavorRef = flavors.find(({ name }) => name === 'lab.big')?.id;
  for (const end of ['revertResize', 'confirmResize']) {
    await act(demo, first().id, { resize: { flavorRef } });
    await serverIs(demo, first().id, 'VERIFY_RESIZE', 300_000);
    await sleep(6_000);
    await act(demo, first().id, { [end]: null });
    await serverIs(demo, first().id, 'ACTIVE', 300_000);
    await isWhole(first());
  }
}, 900_000);

test('shelved, offloaded and unshelved, a server has what it had, and its snapshot is still good', async () => {
  const { id, known, disk, snapshot } = second();
  await act(demo, id, { shelve: null });
  const offloaded = async () => {
    const { status, 'OS-EXT-STS:task_state': at } = await showServer(demo, id);
    return status === 'SHELVED_OFFLOADED' && at === null;
  };
  await until('offloaded', 400_000, offloaded);
  const kept = `rewind-kept-${id}_disk-${disk.id}`;
  expect((await rbdJson<string[]>('ls', 'vms')).filter((name) => name.includes(`${id}_disk`))).toEqual([kept]);
  await act(demo, id, { unshelve: null });
  await serverIs(demo, id, 'ACTIVE', 400_000);
  await guestReady(id);
  expect(await hashes(id, [FILE, SINCE])).toEqual(known);
  expect((await diskOf(id)).id).not.toBe(disk.id);
  await revertTo(rewind, demo, snapshot);
  await guestReady(id);
  expect(await hashes(id, [FILE, SINCE])).toEqual(known.filter((line) => line.includes(FILE)));
}, 900_000);
