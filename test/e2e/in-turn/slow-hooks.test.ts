import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { guest, guestReady, sleep, until } from '../../world/lab/lab.ts';
import { available, carryOut, type Installation, install, type RunningProcess } from '../../world/lab/rewind.ts';
import { clockOff, giveHook, hookTakes, isFrozen, thawed, virsh } from '../../world/lab/slow-hooks.ts';
import { act, bootServer, deleteServer, logIn, serverIs, type Tenant } from '../../world/lab/tenant.ts';

/**
 * Guests whose freeze hooks take long, agents that die meanwhile, servers that somebody else has paused, and clocks of
 * servers that stood still. `REWIND_TEST_KILLS=n` runs all of the hooks × consistencies, once without a kill and n times with one at
 * a moment of its own (6 minutes and as many again for each n).
 */
const KILLS_OF_EACH = Number(process.env.REWIND_TEST_KILLS ?? 0);
const THOROUGH = KILLS_OF_EACH > 0;
/** Less than most hooks here take. */
const FREEZE_SECONDS = THOROUGH ? 20 : 6;
const HOOKS = THOROUGH ? [0, 5, 15, 25, 60] : [12];
const WANTED = ['best', 'filesystem', 'crash'] as const;
/** Seconds after the asking; null: nobody dies. */
const killsOf = (hook: number): (number | null)[] =>
  THOROUGH
    ? [null, ...Array.from({ length: KILLS_OF_EACH }, () => Math.round(Math.random() * (hook + 6) * 10) / 10)]
    : [null, 3];

jest.setTimeout(600_000);

let demo: Tenant;
let rewind: Installation;
let agent: RunningProcess;
/** One for each consistency, at the same time. */
const servers: string[] = [];

beforeAll(async () => {
  demo = await logIn('demo');
  rewind = install({
    REWIND_AGENT_FREEZE_SECONDS: String(FREEZE_SECONDS),
    REWIND_WORKER_LEASE_SECONDS: '2',
    REWIND_WORKER_RETRY_SECONDS: '60',
  });
  for (const role of ['api', 'worker'] as const) rewind.start(role);
  await startAgent();
  await rewind.ready();
  for (const wanted of WANTED) {
    const server = await bootServer(demo, `e2e-slow-hooks-${wanted}`);
    servers.push(server);
    await guestReady(server);
    await guest(server, 'ln -sf /bin/busybox /sbin/hwclock');
    await giveHook(server);
  }
});

afterAll(async () => {
  for (const server of servers) await deleteServer(demo, server);
});
afterAll(() => rewind.end());

async function startAgent(): Promise<void> {
  agent = rewind.start('agent');
  const log = `${rewind.folder}/agent-${agent.child.pid}.log`;
  await until(
    'the agent serves',
    30_000,
    async () => existsSync(log) && readFileSync(log, 'utf8').includes('the agent serves its host'),
  );
}

const notes = (): string[] => {
  const folder = `${rewind.folder}/held`;
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.endsWith('.guard')) : [];
};
const notesOf = (server: string): string[] => notes().filter((name) => name.startsWith(server));

/** It writes again, and nothing is left that would stop it. */
async function goesOn(server: string, limitMs: number): Promise<void> {
  await thawed(server, limitMs);
  await until('nothing is held any more', limitMs, async () => notesOf(server).length === 0);
  expect(await virsh('domstate', server)).toBe('running');
  expect(await isFrozen(server)).toBe(false);
  expect(await guest(server, 'echo x >/root/x && sync && echo written')).toBe('written');
}

type Wanted = (typeof WANTED)[number];

const backUp = (server: string, wanted: Wanted) =>
  carryOut(rewind, demo, 'backup', { server_id: server, consistency: wanted });

function expectReached(backup: Awaited<ReturnType<typeof backUp>>, wanted: Wanted, hook: number): void {
  if (wanted === 'filesystem' && hook >= FREEZE_SECONDS) {
    expect(backup).toMatchObject({ status: 'error', fail_code: 'vm-backup.instant.freeze-timeout' });
    return;
  }
  const reached = wanted === 'crash' || hook >= FREEZE_SECONDS ? 'crash' : 'filesystem';
  expect(backup).toMatchObject({ status: 'available', consistency: reached });
  expect(Number(backup.paused_ms)).toBeLessThan(4_000);
}

async function agentDies(afterSeconds: number, hook: number): Promise<void> {
  await until('it is asked', 90_000, async () => notes().length > 0 || hook === 0);
  await sleep(afterSeconds * 1_000);
  agent.child.kill('SIGKILL');
  await agent.ended;
  await sleep(1_000);
  await startAgent();
}

/** Nobody dies: it reaches what it can, and the note is there as long as the guest may still be frozen. */
async function undisturbed(server: string, wanted: Wanted, hook: number): Promise<void> {
  const began = performance.now();
  const backup = await backUp(server, wanted);
  expectReached(backup, wanted, hook);
  while (performance.now() - began < hook * 1_000 && wanted !== 'crash') {
    expect(notesOf(server)).toContain(`${server}.freeze`);
    await sleep(500);
  }
}

test.each(HOOKS.flatMap((hook) => killsOf(hook).map((kill) => ({ hook, kill }))))(
  'a hook of $hook s, agent killed after $kill s: the guest goes on, whatever consistency was asked for',
  async ({ hook, kill }) => {
    for (const server of servers) await hookTakes(server, hook);
    const each = <T>(act: (server: string, wanted: Wanted) => Promise<T>) =>
      Promise.all(WANTED.map((wanted, index) => act(servers[index] ?? '', wanted)));
    if (kill === null) await each((server, wanted) => undisturbed(server, wanted, hook));
    else {
      const asked = each(backUp);
      await agentDies(kill, hook);
      const ends = (await asked).map(({ status, fail_code, consistency }) => `${status} ${fail_code ?? consistency}`);
      console.log(`hook ${hook} s, killed ${kill}: ${ends.join(', ')}`);
    }
    await each((server) => goesOn(server, (hook + FREEZE_SECONDS + 100) * 1_000));
  },
);

test('a server that somebody paused after its guard had let go stays paused when an agent starts', async () => {
  const server = servers[0] ?? '';
  await hookTakes(server, 0);
  const faults = `${rewind.folder}/faults`;
  await agent.stop();
  mkdirSync(faults);
  writeFileSync(`${faults}/kill-at`, 'take-instant agent pause held');
  agent = rewind.start('agent', { REWIND_FAULT_DIR: faults });
  const asked = carryOut(rewind, demo, 'backup', { server_id: server, consistency: 'crash' });
  expect(await agent.ended).toBe('SIGKILL');
  await until('its guard lets it go', 12_000, async () => (await virsh('domstate', server)) === 'running');
  await sleep(6_000);
  await act(demo, server, { pause: null });
  await serverIs(demo, server, 'PAUSED');
  await startAgent();
  await sleep(5_000);
  expect(await virsh('domstate', server)).toBe('paused');
  await act(demo, server, { unpause: null });
  await serverIs(demo, server, 'ACTIVE');
  await asked;
  await goesOn(server, 60_000);
});

test('the clock is right after memory was taken, again and again, and after the way back', async () => {
  const server = servers[0] ?? '';
  const before = await clockOff(server);
  let snapshot = '';
  for (let n = 0; n < 3; n += 1) {
    snapshot = (await available(carryOut(rewind, demo, 'snapshot', { server_id: server, memory: true }))).id;
    await until('its clock is set', 30_000, async () => notesOf(server).length === 0);
  }
  const taken = await clockOff(server);
  await sleep(10_000);
  const restored = await available(carryOut(rewind, demo, 'restore', { snapshot_id: snapshot, mode: 'in_place' }));
  const back = await clockOff(server);
  console.log(
    `clock: ${before.toFixed()} ms before, ${taken.toFixed()} after three points, ${back.toFixed()} after a revert`,
  );
  expect(Math.abs(taken - before)).toBeLessThan(400);
  expect(Math.abs(back)).toBeLessThan(1_000);
  expect(restored.differences).toEqual([]);
});
