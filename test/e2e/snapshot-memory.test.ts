import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { keepCounting, mountVolume } from '../world/lab/guest-disks.ts';
import { CHAIN_LIMIT_MS, type Kill, type KillBench, killBench } from '../world/lab/killing.ts';
import { guest, guestReady, rbdJson } from '../world/lab/lab.ts';
import { available, carryOut, type Installation, install } from '../world/lab/rewind.ts';
import { dropSnapshot, dropSnapshots, revertTo, snapshotTree } from '../world/lab/snapshots.ts';
import {
  attach,
  bootServer,
  createVolume,
  deleteServer,
  deleteVolume,
  detach,
  logIn,
  serverIs,
  showServer,
  startServer,
  stopServer,
  type Tenant,
} from '../world/lab/tenant.ts';

/** A snapshot with memory through the API: the server goes on from it, disks and all, and is an ordinary one then. */
let demo: Tenant;
let rewind: Installation;
let bench: KillBench;
let server: string;
let volume: string;
let snapshot: string;
let then: { count: number; uptime: number; onDisk: number; boot: string; at: number };

beforeAll(async () => {
  demo = await logIn('demo');
  rewind = install({ REWIND_RESTORE_SAFETY_HOURS: '1', REWIND_WORKER_LEASE_SECONDS: '1' });
  for (const role of ['api', 'agent'] as const) rewind.start(role);
  await rewind.ready();
  bench = killBench(rewind);
  server = await bootServer(demo, 'e2e-snapmem');
  volume = await createVolume(demo, 'e2e-snapmem');
  await guestReady(server);
  await attach(demo, server, volume);
  await mountVolume(server, volume, '/mnt/a', true);
  // Usually the guest's agent sets the clock with it.
  await guest(server, 'rm -f /sbin/hwclock');
  await keepCounting(server, '/mnt/a');
});

afterAll(() => dropSnapshots(rewind, demo, server));
afterAll(() => bench.stop());
afterAll(() => deleteServer(demo, server));
afterAll(() => deleteVolume(demo, volume));
afterAll(() => rewind.end());

const number = async (command: string) => Number((await guest(server, command)).split(' ')[0]);
const seen = async () => ({
  at: Date.now() / 1000,
  boot: await guest(server, 'cat /proc/sys/kernel/random/boot_id'),
  count: await number('cat /run/count'),
  onDisk: await number('cat /mnt/a/count'),
  uptime: await number('cat /proc/uptime'),
});

/** A revert takes half a minute; so many workers die in one. */
const KILLS_IN_ONE = 8;
/** At least: four in the guest, and Nova is told that it is active eighteen after it was stopped. */
const NOT_LIVED_SECONDS = 15;
const asIs: Kill = (act) => act();

const take = (name: string) =>
  available(carryOut(rewind, demo, 'snapshot', { server_id: server, name, memory: true }, CHAIN_LIMIT_MS));

test('is taken of a running server, which runs on, whoever dies', async () => {
  const places = await bench.placesOf(async () => dropSnapshot(rewind, demo, (await take('first')).id));
  const creating = places.filter((place) => place.startsWith('create-snapshot'));
  const warm = async (kill: Kill) => {
    then = await seen();
    const made = await kill(() => take('warm'));
    snapshot = made.id;
    expect(made).toMatchObject({ memory: true, consistency: 'memory' });
    console.log(`paused ${made.paused_ms} ms`);
    expect(await rbdJson<string[]>('ls', 'snapshots')).toContain(`rewind-m-${snapshot}`);
    expect((await seen()).count).toBeGreaterThan(then.count);
    expect((await showServer(demo, server)).status).toBe('ACTIVE');
    const { nodes } = await snapshotTree(rewind, demo, server);
    if (nodes.length > 1) for (const { id } of nodes.slice(0, -1)) await dropSnapshot(rewind, demo, id);
  };
  await bench.rounds('create-snapshot with memory', creating, warm, KILLS_IN_ONE);
});

test('the server goes on from it without a reboot, again and again, whoever dies', async () => {
  const goOn = async (kill: Kill) => {
    await guest(server, 'sleep 4; touch /mnt/a/later; sync');
    await kill(() => revertTo(rewind, demo, snapshot, {}, CHAIN_LIMIT_MS));
    await serverIs(demo, server, 'ACTIVE');
    const now = await seen();
    expect(now.count).toBeGreaterThanOrEqual(then.count);
    expect(Math.abs(now.count - now.onDisk)).toBeLessThanOrEqual(200);
    // Neither a reboot nor the time that went by outside: what came after the instant and the revert were not lived.
    expect(now.boot).toBe(then.boot);
    expect(now.uptime).toBeGreaterThan(then.uptime);
    expect(now.uptime - then.uptime).toBeLessThan(now.at - then.at - NOT_LIVED_SECONDS);
    expect(await guest(server, 'ls /mnt/a')).not.toContain('later');
    expect((await showServer(demo, server)).locked).toBe(false);
    const { current_snapshot_id, nodes } = await snapshotTree(rewind, demo, server);
    expect(current_snapshot_id).toBe(snapshot);
    for (const { id, safety } of nodes) if (safety) await dropSnapshot(rewind, demo, id);
  };
  const places = (await bench.placesOf(() => goOn(asIs))).filter((place) => place.startsWith('revert-snapshot'));
  await bench.rounds('revert-snapshot with memory', places, goOn, KILLS_IN_ONE);
});

test('the clock is right, the network answers, and it stops and starts as any other', async () => {
  expect(Math.abs((await number('date +%s')) - Date.now() / 1000)).toBeLessThan(5);
  expect(await guest(server, 'ip route | grep -c default; ip -o -4 addr show scope global | wc -l')).toMatch(/\d/);
  await stopServer(demo, server);
  await startServer(demo, server);
  await guestReady(server);
});

test('without its memory the server boots from the disks of the instant', async () => {
  await revertTo(rewind, demo, snapshot, { memory: false });
  await serverIs(demo, server, 'ACTIVE');
  await guestReady(server);
  expect(await number('cat /proc/uptime')).toBeLessThan(then.uptime);
});

test('with other disks it is refused, with the reason, and nothing is touched', async () => {
  await detach(demo, server, volume);
  const ask = { restore: { snapshot_id: snapshot, mode: 'in_place' } };
  const refused = await rewind.call<{ errors: { code: string }[] }>(demo, 'POST', '/v1/restores', ask);
  expect([refused.status, refused.body.errors?.[0]?.code]).toEqual([409, 'vm-backup.memory.disks-differ']);
  await attach(demo, server, volume);
});

test('a stopped server has no memory; deleting the snapshot removes what was saved', async () => {
  await stopServer(demo, server);
  const body = { snapshot: { server_id: server, memory: true } };
  const refused = await rewind.call<{ errors: { code: string }[] }>(demo, 'POST', '/v1/snapshots', body);
  expect([refused.status, refused.body.errors?.[0]?.code]).toEqual([409, 'vm-backup.memory.not-running']);
  await dropSnapshot(rewind, demo, snapshot);
  expect(await rbdJson<string[]>('ls', 'snapshots')).not.toContain(`rewind-m-${snapshot}`);
});
