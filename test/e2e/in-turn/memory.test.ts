import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { memoryImageName } from '../../../src/domain/names.ts';
import type { ImageRef } from '../../../src/domain/points/disk.ts';
import { restoreMemory, stageMemory } from '../../../src/workflows/steps/server/restore-memory.ts';
import { stopServer as stopServerStep } from '../../../src/workflows/steps/server/server-power.ts';
import { snapWithMemory } from '../../../src/workflows/steps/server/snap-with-memory.ts';
import { keepCounting, mountVolume } from '../../world/lab/guest-disks.ts';
import { isThorough, triedOf } from '../../world/lab/killing.ts';
import { guest, guestReady, rbd, rbdJson, sleep, until } from '../../world/lab/lab.ts';
import { type Installation, install, type RunningProcess } from '../../world/lab/rewind.ts';
import { type StepBench, stepBench } from '../../world/lab/step-bench.ts';
import {
  attach,
  bootServer,
  createVolume,
  deleteServer,
  deleteVolume,
  logIn,
  serverIs,
  showServer,
  startServer,
  stopServer,
  type Tenant,
} from '../../world/lab/tenant.ts';

/** A server's memory and its disks at one instant, and the way back without a reboot; both ways of keeping it. */
const STORES = ['stream', 'image'] as const;
/** A killed client of Ceph is believed to be alive for thirty seconds. */
const WATCH_MS = 45_000;
const LIMIT_MS = 10_000;

const run = promisify(execFile);
const virsh = async (...args: string[]) => (await run('virsh', ['-c', 'qemu:///system', ...args])).stdout.trim();

let demo: Tenant;
let rewind: Installation;
let bench: StepBench;
let agent: RunningProcess;
let server: string;
let volume: string;
let images: ImageRef[];

beforeAll(async () => {
  demo = await logIn('demo');
  rewind = install();
  bench = await stepBench(rewind, demo);
  server = await bootServer(demo, 'e2e-memory');
  volume = await createVolume(demo, 'e2e-memory');
  await guestReady(server);
  await attach(demo, server, volume);
  await mountVolume(server, volume, '/mnt/a', true);
  images = [
    { pool: 'vms', image: `${server}_disk` },
    { pool: 'volumes', image: `volume-${volume}` },
  ];
  await run('mkdir', ['-p', faults()]);
  await keepCounting(server, '/mnt/a');
});

afterAll(() => deleteServer(demo, server));
afterAll(() => deleteVolume(demo, volume));
afterAll(() => bench.close());
afterAll(() => rewind.end());

const faults = () => `${rewind.folder}/faults`;

async function startAgent(store: string): Promise<void> {
  agent = rewind.start('agent', { REWIND_AGENT_MEMORY_STORE: store, REWIND_FAULT_DIR: faults() });
  const log = `${rewind.folder}/agent-${agent.child.pid}.log`;
  await until(
    'the agent serves',
    30_000,
    async () => existsSync(log) && readFileSync(log, 'utf8').includes('the agent serves its host'),
  );
}

interface Point {
  serverId: string;
  images: ImageRef[];
  snap: string;
  memory: ImageRef;
}

function newPoint(): Point {
  const id = randomUUID();
  return {
    serverId: server,
    images,
    snap: `rewind-b-${id}`,
    memory: { pool: 'snapshots', image: memoryImageName(id) },
  };
}

/** As the engine does it: until what killed processes left is believed to be dead. */
async function patiently<T>(what: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + WATCH_MS; ; await sleep(1000)) {
    try {
      return await what();
    } catch (error) {
      if (!(error as { retry?: boolean }).retry || Date.now() > end) throw error;
    }
  }
}

const undo = (point: Point) => patiently(async () => snapWithMemory.undo?.(bench.context, point, undefined));

async function putDisksBack(point: Point): Promise<void> {
  await stopServerStep.act(bench.context, { serverId: server, running: true });
  for (const { pool, image } of images) {
    const spec = `${pool}/${image}`;
    await until('nobody watches', 60_000, async () => !(await rbd('status', spec)).includes('watcher='));
    await rbd('snap', 'rollback', '--no-progress', `${spec}@${point.snap}`);
  }
}

/** Of the host, of Ceph, of the server: nothing that was not there before. */
async function expectNothingLeft(point: Point | null): Promise<void> {
  const memory = `${rewind.folder}/memory`;
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(memory);
  // One whose file has lost its place says `/`.
  const { stdout: files } = await run('losetup', ['--list', '--noheadings', '--raw', '--output', 'BACK-FILE']);
  expect(files.split('\n').filter((file) => file === '/' || file.includes(memory))).toEqual([]);
  expect((await run('ps', ['-eo', 'args'])).stdout).not.toContain(`mountpoint=${memory}`);
  expect(await run('sh', ['-c', '[ ! -d "$1" ] || ls -A "$1"', 'sh', memory])).toMatchObject({ stdout: '' });
  expect(readdirSync(rewind.folder).includes('held') ? readdirSync(`${rewind.folder}/held`) : []).toEqual([]);
  if (!point) return;
  expect(await rbdJson<string[]>('ls', 'snapshots')).not.toContain(point.memory.image);
  for (const { pool, image } of images) {
    const snaps = await rbdJson<{ name: string }[]>('snap', 'ls', `${pool}/${image}`);
    expect(snaps.map((snap) => snap.name)).not.toContain(point.snap);
  }
}

const count = async () => Number(await guest(server, 'cat /run/count'));
const uptime = async () => Number((await guest(server, 'cat /proc/uptime')).split(' ')[0]);

/** What is the same whichever way memory is kept. */
const onceOf = (store: string) => (store === STORES[0] || isThorough ? test : test.skip);

describe.each(STORES)('memory kept by %s', (store) => {
  beforeAll(() => startAgent(store));
  afterAll(() => agent.stop());

  test('comes back with its disks, without a reboot', async () => {
    const point = newPoint();
    // Without it the guest's agent refuses to set the clock.
    await guest(server, 'ln -sf /bin/busybox /sbin/hwclock; echo then >/run/mark; echo then >/mnt/a/mark; sync');
    const boot = await guest(server, 'cat /proc/sys/kernel/random/boot_id');
    const [countBefore, uptimeBefore] = [await count(), await uptime()];
    const began = performance.now();
    const taken = await snapWithMemory.act(bench.context, point);
    const tookMs = Math.round(performance.now() - began);
    expect(taken).toMatchObject({ consistency: 'crash', memory: { store, domain: server, ramBytes: 256 * 1024 ** 2 } });
    expect((await showServer(demo, server)).status).toBe('ACTIVE');
    const [uptimeThen, wallThen] = [await uptime(), performance.now()];
    await guest(server, 'echo now >/run/mark; echo now >/mnt/a/mark; rm /var/lab/known.bin; sync');
    const lost = await until('it counts on', 30_000, async () => (await count()) > countBefore + 20 && (await count()));
    await sleep(3_000);

    const input = { serverId: server, memory: point.memory };
    expect(await stageMemory.act(bench.context, input)).toEqual(taken.memory);
    await putDisksBack(point);
    // A worker that dies when Nova has been told, and the next one.
    bench.atBoundary = () => {
      bench.atBoundary = undefined;
      throw new Error('killed');
    };
    await expect(restoreMemory.act(bench.context, input)).rejects.toThrow('killed');
    const stopped = performance.now();
    const restored = await restoreMemory.act(bench.context, input);
    expect(restored.already).toBe(false);
    const restoredMs = Math.round(performance.now() - stopped);
    const [countNow, uptimeNow, wallNow] = [await count(), await uptime(), performance.now()];
    expect(await guest(server, 'cat /run/mark /mnt/a/mark; ls /var/lab/known.bin')).toBe(
      'then\nthen\n/var/lab/known.bin',
    );
    expect(await guest(server, 'cat /proc/sys/kernel/random/boot_id')).toBe(boot);
    expect(countNow).toBeGreaterThan(countBefore);
    expect(uptimeNow).toBeGreaterThan(uptimeBefore);
    // It went on from the instant: the seconds that were counted since, and the sleep, were not lived.
    expect(uptimeNow - uptimeThen).toBeLessThan((wallNow - wallThen) / 1000 - 3);
    await until('it counts on, on the disk too', 30_000, async () => {
      const [ram, disk] = (await guest(server, 'cat /run/count /mnt/a/count')).split('\n').map(Number);
      return ram !== undefined && disk !== undefined && ram > countNow && disk >= ram;
    });
    // Nova delays what libvirt tells it by fifteen seconds.
    await sleep(18_000);
    expect(await showServer(demo, server)).toMatchObject({ status: 'ACTIVE', 'OS-EXT-STS:task_state': null });
    expect(await virsh('domstate', server)).toBe('running');
    expect(await guest(server, 'ping -c 2 -W 2 10.77.0.1 >/dev/null 2>&1 && echo answers')).toBe('answers');
    const apart = Math.abs(Number(await guest(server, 'date +%s')) - Date.now() / 1000);
    expect(await guest(server, 'dmesg | grep -ciE "I/O error|EXT4-fs error" || true')).toBe('0');
    // Found running, nothing is done again.
    expect(await restoreMemory.act(bench.context, input)).toMatchObject({ already: true });
    console.log(
      `${store}: paused ${taken.pausedMs} ms, ${Math.round((taken.memory?.bytes ?? 0) / 1e6)} MB kept in ${tookMs} ms in all; ` +
        `running again ${restoredMs} ms after the rollback; counter ${countBefore} → ${lost} → ${countNow}; clock ${apart.toFixed(1)} s off (set: ${restored.clockSet})`,
    );
    expect(apart).toBeLessThan(5);
    await undo(point);
    await expectNothingLeft(point);
  });

  onceOf(store)('what does not fit is refused, and the server is left as it was', async () => {
    const point = newPoint();
    await snapWithMemory.act(bench.context, point);
    const input = { serverId: server, memory: point.memory };
    const refused = (code: string) => expect.objectContaining({ code: `vm-backup.${code}` });
    const absent = { ...input, memory: { pool: 'snapshots', image: memoryImageName(randomUUID()) } };
    await expect(stageMemory.act(bench.context, absent)).rejects.toEqual(refused('memory.missing'));
    const spec = `snapshots/${point.memory.image}`;
    const saved = JSON.parse(await rbd('image-meta', 'get', spec, 'rewind.memory'));
    for (const [change, code] of [
      [{ ramBytes: saved.ramBytes * 2 }, 'memory.changed'],
      [{ devices: saved.devices.slice(1) }, 'memory.changed'],
      [{ hostCpu: 'Z80/0' }, 'memory.other-host'],
      [{ qemu: '99.0.0' }, 'memory.other-host'],
      [{ domain: randomUUID() }, 'memory.other-server'],
      [{ sha256: '0'.repeat(64) }, 'memory.damaged'],
    ] as const) {
      await rbd('image-meta', 'set', spec, 'rewind.memory', JSON.stringify({ ...saved, ...change }));
      await expect(stageMemory.act(bench.context, input)).rejects.toEqual(refused(code));
    }
    expect(await guest(server, 'echo alive')).toBe('alive');
    await undo(point);
    await expectNothingLeft(point);
  });

  test.each(triedOf(['opened', 'guarded', 'held', 'saved', 'snapped', 'let-go', 'kept', 'described'], 1))(
    'kill -9 of the agent when it is %s: the server goes on, nothing is left',
    async (place) => {
      const point = newPoint();
      writeFileSync(`${faults()}/kill-at`, `take-instant agent memory ${place}`);
      const taking = snapWithMemory.act(bench.context, point).then(
        () => undefined,
        (error) => error,
      );
      expect(await agent.ended).toBe('SIGKILL');
      const began = performance.now();
      // By the guard where it is held, since nobody else is there.
      await until('the server goes on', LIMIT_MS, async () => (await virsh('domstate', server)) === 'running');
      const heldMs = Math.round(performance.now() - began);
      await startAgent(store);
      expect(await taking).toMatchObject({ code: 'vm-backup.host.agent-died', retry: true });
      expect(await guest(server, 'echo alive')).toBe('alive');
      await expectNothingLeft(null);
      await undo(point);
      await expectNothingLeft(point);
      console.log(`${store}, killed when ${place}: running after ${heldMs} ms`);
    },
  );

  test('kill -9 of the agent with memory staged for a restore leaves nothing on the host', async () => {
    const point = newPoint();
    await patiently(() => snapWithMemory.act(bench.context, point));
    writeFileSync(`${faults()}/kill-at`, 'take-instant agent memory staged');
    const staging = stageMemory.act(bench.context, { serverId: server, memory: point.memory }).catch((error) => error);
    expect(await agent.ended).toBe('SIGKILL');
    await startAgent(store);
    expect(await staging).toMatchObject({ code: 'vm-backup.host.agent-died' });
    await expectNothingLeft(null);
    await undo(point);
    await expectNothingLeft(point);
  });

  onceOf(store)('kill -9 of the agent in a restore: never twice on disks that may have been written to', async () => {
    const point = newPoint();
    await patiently(() => snapWithMemory.act(bench.context, point));
    await putDisksBack(point);
    const input = { serverId: server, memory: point.memory };
    const killedAt = async (place: string, attempt: string) => {
      writeFileSync(`${faults()}/kill-at`, `take-instant agent memory ${place}`);
      const going = restoreMemory.act(bench.context, { ...input, attempt }).catch((error) => error);
      expect(await agent.ended).toBe('SIGKILL');
      await startAgent(store);
      expect(await going).toMatchObject({ code: 'vm-backup.host.agent-died', retry: true });
      await expectNothingLeft(null);
    };
    await killedAt('begun', 'first');
    await expect(
      patiently(() => restoreMemory.act(bench.context, { ...input, attempt: 'first' })),
    ).rejects.toMatchObject({
      code: 'vm-backup.memory.begun',
    });
    await serverIs(demo, server, 'SHUTOFF');
    await putDisksBack(point);
    await killedAt('restored', 'second');
    const again = await patiently(() => restoreMemory.act(bench.context, { ...input, attempt: 'second' }));
    expect(again).toMatchObject({ already: true });
    expect((await showServer(demo, server)).status).toBe('ACTIVE');
    const there = await count();
    await until('it counts', 30_000, async () => (await count()) > there);
    await undo(point);
    await expectNothingLeft(point);
  });

  test('a normal stop and start works afterwards', async () => {
    await stopServer(demo, server);
    await startServer(demo, server);
    await guestReady(server);
    await mountVolume(server, volume, '/mnt/a', false);
    expect(await guest(server, 'cat /mnt/a/mark')).toBe('then');
    await keepCounting(server, '/mnt/a');
  });
});
