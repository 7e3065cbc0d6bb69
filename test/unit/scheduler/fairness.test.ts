import { expect, test } from '@jest/globals';
import { RewindError } from '../../../src/domain/errors.ts';
import type { PolicyRun } from '../../../src/domain/policies/backup-policy.ts';
import { aRun } from '../../contract/sql/examples.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';
import { OTHER_PROJECT, PROJECT } from '../../world/api/people.ts';
import { backup } from '../../world/api/rows.ts';
import { kept } from '../../world/kept.ts';
import { SchedulerWorld } from '../../world/scheduler-world.ts';

const YEARLY = { cron: '0 0 1 6 *', time_zone: 'UTC', window_minutes: null, jitter_minutes: 0 };
const NEVER = '2999-01-01T00:00:00.000Z';
const DAY_MS = 86_400_000;

const break_ = (world: SchedulerWorld, id: string) => {
  const server = world.cloud.servers.get(id);
  if (server) server.status = 'ERROR';
};

const waiting = (world: SchedulerWorld, count: number, of: Partial<PolicyRun> & { policy_id: string }) => {
  for (let n = 0; n < count; n += 1) {
    const run = aRun(world.policies.rows.get(of.policy_id) as never, { target: 'default', until_at: NEVER, ...of });
    world.policies.runs.set(run.id, run);
  }
};

test('ten thousand runs of one project that never begin hide no other project’s', async () => {
  const world = new SchedulerWorld();
  const [broken = ''] = world.addServers(1, OTHER_PROJECT, 50);
  break_(world, broken);
  world.addServers(1);
  const theirs = world.add({ project_id: OTHER_PROJECT, next_run_at: NEVER });
  waiting(world, 10_001, { policy_id: theirs.id, server_id: broken, due_at: '2026-05-31T12:00:00.000Z' });
  const mine = world.add({ schedule: YEARLY, next_run_at: '2026-06-01T00:00:00.000Z' });
  await world.pass(5);
  const made = [...world.policies.runs.values()].filter((run) => run.policy_id === mine.id);
  expect(made.map((run) => run.status)).toEqual(['submitted']);
});

test('runs of a project that were refused make way for its others', async () => {
  const world = new SchedulerWorld();
  const [broken = '', good = ''] = world.addServers(2);
  break_(world, broken);
  const policy = world.add({ next_run_at: NEVER });
  waiting(world, 300, { policy_id: policy.id, server_id: broken, due_at: '2026-05-31T12:00:00.000Z' });
  waiting(world, 1, { policy_id: policy.id, server_id: good, due_at: '2026-05-31T13:00:00.000Z' });
  await world.pass(15);
  const made = [...world.policies.runs.values()].filter((run) => run.server_id === good);
  expect(made.map((run) => run.status)).toEqual(['submitted']);
});

test('a server in a wrong state is waited for, but no longer than a day', async () => {
  const world = new SchedulerWorld();
  const [broken = ''] = world.addServers(1);
  break_(world, broken);
  world.add({ schedule: YEARLY, next_run_at: '2026-06-01T00:00:00.000Z' });
  await world.pass(60);
  world.time.now += DAY_MS - 120_000;
  await world.pass(30);
  expect([...world.policies.runs.values()]).toMatchObject([
    { status: 'waiting', fail_code: 'vm-backup.server.wrong-state' },
  ]);
  await world.pass(120);
  expect([...world.policies.runs.values()]).toMatchObject([
    { status: 'refused', fail_code: 'vm-backup.server.wrong-state' },
  ]);
  expect(world.policies.messages).toMatchObject([{ event_id: 'vm-backup.server.wrong-state' }]);
});

test('so many runs of a project wait and no more; the rest is refused, with one message', async () => {
  const world = new SchedulerWorld();
  world.addServers(3);
  const other = world.add({ next_run_at: NEVER });
  waiting(world, 4_999, { policy_id: other.id, due_at: NEVER });
  const policy = world.add({ schedule: YEARLY, next_run_at: '2026-06-01T00:00:00.000Z' });
  await world.pass(5);
  const made = [...world.policies.runs.values()].filter((run) => run.policy_id === policy.id);
  expect(made.map((run) => run.status).sort()).toEqual(['refused', 'refused', 'submitted']);
  expect(world.policies.messages.map((one) => one.event_id)).toEqual(['vm-backup.policy.too-many-waiting']);
});

test('retention that never gets done, or fails, keeps nobody else’s waiting', async () => {
  const world = new SchedulerWorld();
  const [held = '', free = ''] = world.addServers(2);
  world.stores.holds.set(uuidOf(999), kept(held));
  const add = (n: number, server_id: string, retained_at: string) => {
    const policy = world.add({ next_run_at: NEVER, retained_at, retention: { ...NONE, keep_last: 1 } });
    for (const day of [1, 2]) {
      const id = uuidOf(0x10_0000 + n * 2 + day);
      const planned_at = `2026-05-0${day}T00:00:00.000Z`;
      world.stores.backups.set(id, backup({ id, server_id, policy_id: policy.id, planned_at, status: 'available' }));
    }
    return policy;
  };
  for (let n = 0; n < 200; n += 1) add(n, held, '1970-01-01T00:00:00.000Z');
  const mine = add(200, free, '2026-05-01T00:00:00.000Z');
  await world.pass(25);
  expect(world.policies.rows.get(mine.id)?.retained_at).toMatch(/^2026-06-01/);
  expect([...world.stores.backups.values()].filter((one) => one.policy_id === mine.id)).toHaveLength(1);
});

const NONE = { keep_last: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 };

test('policies that cannot be planned are tried again after all others', async () => {
  const world = new SchedulerWorld();
  world.addServers(1);
  const failing = new Set<string | null>();
  const { byTrust } = world.delegations;
  world.delegations.byTrust = async (id) => {
    if (failing.has(id)) throw new RewindError('openstack.unavailable', 'away');
    return byTrust.call(world.delegations, id);
  };
  for (let n = 0; n < 250; n += 1)
    failing.add(
      world.add({ schedule: YEARLY, project_id: OTHER_PROJECT, next_run_at: '2026-05-01T00:00:00.000Z' }).trust_id,
    );
  await world.pass(75);
  const mine = world.add({ schedule: YEARLY, next_run_at: '2026-06-01T00:00:00.000Z', project_id: PROJECT });
  await world.pass(5);
  expect(world.policies.rows.get(mine.id)?.last_run_at).toBe('2026-06-01T00:00:00.000Z');
});
