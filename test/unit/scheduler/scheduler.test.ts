import { describe, expect, test } from '@jest/globals';
import { RewindError } from '../../../src/domain/errors.ts';
import type { Operation } from '../../../src/domain/operations/operation.ts';
import { simulatePolicy } from '../../../src/domain/policies/policy-preview.ts';
import { anOperation } from '../../contract/sql/examples.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';
import { OTHER_PROJECT, PROJECT } from '../../world/api/people.ts';
import { backup } from '../../world/api/rows.ts';
import { kept } from '../../world/kept.ts';
import { failure, SchedulerWorld } from '../../world/scheduler-world.ts';

const MINUTE = 60;

test('a policy of every minute makes and keeps exactly what its simulation said', async () => {
  const world = new SchedulerWorld();
  const [a = '', b = ''] = world.addServers(2);
  const policy = world.add({});
  const untilMs = world.time.now + 10 * MINUTE * 1_000;
  const said = simulatePolicy(policy, { serverIds: [a, b], backups: [], fromMs: world.time.now, untilMs, most: 100 });
  await world.pass(10 * MINUTE + 25);
  expect(said.runs).toHaveLength(20);
  expect(world.runs()).toEqual(
    said.runs.map((run) => `${run.planned_at.slice(11, 16)} ${run.server_id.slice(-2)} default succeeded`).sort(),
  );
  for (const server of [a, b]) {
    const kept = said.runs.filter((run) => run.kept_at_end && run.server_id === server);
    expect(world.kept(server)).toEqual(kept.map((run) => run.planned_at.slice(11, 16)));
  }
  expect(world.policies.messages).toEqual([]);
});

describe('who looks', () => {
  test('is one of many; when it falls silent another one does', async () => {
    const world = new SchedulerWorld();
    world.addServers(1);
    world.add({});
    await world.pass(MINUTE);
    const holder = world.turns.turns.get('scheduler')?.holder;
    expect(holder).toBe('worker-1');
    world.killAt = { call: world.calls + 1, when: 'before' };
    await world.pass(20);
    expect(world.turns.turns.get('scheduler')?.holder).toBe('worker-1');
    await world.pass(30);
    expect(world.turns.turns.get('scheduler')?.holder).toBe('worker-2');
  });
});

describe('a clock that was a year ahead for a moment', () => {
  const YEAR_MS = 366 * 86_400_000;
  const jump = (world: SchedulerWorld, ms: number) => {
    world.time.now += ms;
    world.aheadMs += ms;
  };
  const hourly = { cron: '0 * * * *', time_zone: 'UTC', window_minutes: null, jitter_minutes: 0 };

  test('stops no policy, and what it made costs no point of afterwards', async () => {
    const world = new SchedulerWorld();
    const [server = ''] = world.addServers(1);
    const retention = { keep_last: 1, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
    world.add({ schedule: hourly, retention, next_run_at: '2026-06-01T01:00:00.000Z' });
    await world.pass(61 * MINUTE);
    jump(world, YEAR_MS);
    await world.pass(2 * MINUTE);
    jump(world, -YEAR_MS);
    await world.pass(5 * 60 * MINUTE);
    const real = world.runs().map((run) => run.slice(0, 5));
    expect(real).toEqual(expect.arrayContaining(['03:00', '04:00', '05:00', '06:00']));
    // The newest of all that are, beside the one of the future.
    const planned = [...world.stores.backups.values()].filter(
      (one) => one.server_id === server && one.status === 'available',
    );
    expect(planned.map((one) => one.planned_at).sort()).toEqual([
      '2026-06-01T06:00:00.000Z',
      expect.stringMatching(/^2027-/),
    ]);
  });
});

describe('what was missed', () => {
  test('is made up for once, with a message', async () => {
    const world = new SchedulerWorld();
    world.addServers(1);
    world.add({});
    world.time.now += 30 * MINUTE * 1_000;
    await world.pass(25);
    expect(world.runs()).toEqual(['00:30 01 default succeeded']);
    expect(world.policies.messages).toMatchObject([
      {
        message_level: 'WARNING',
        event_id: 'vm-backup.policy.runs-skipped',
        resource_type: 'policy',
        project_id: PROJECT,
      },
    ]);
  });

  test('is not made when its window is over', async () => {
    const world = new SchedulerWorld();
    world.addServers(2);
    world.add({
      schedule: { cron: '0 * * * *', time_zone: 'UTC', window_minutes: 20, jitter_minutes: 0 },
      next_run_at: '2026-06-01T01:00:00.000Z',
    });
    world.time.now = Date.parse('2026-06-01T01:30:00Z');
    await world.pass(25);
    expect(world.runs()).toEqual(['01:00 01 default missed', '01:00 02 default missed']);
    expect(world.policies.messages.map((one) => one.event_id)).toEqual(['vm-backup.policy.window-over']);
    expect(world.stores.operationRows.size).toBe(0);
  });

  test('a busy server is tried again within its window, then missed with the reason; its audit stays quiet', async () => {
    const world = new SchedulerWorld();
    const [a = ''] = world.addServers(1);
    world.add({
      schedule: { cron: '0 * * * *', time_zone: 'UTC', window_minutes: 10, jitter_minutes: 0 },
      next_run_at: '2026-06-01T01:00:00.000Z',
    });
    world.time.now = Date.parse('2026-06-01T00:59:58Z');
    world.stores.holds.set(uuidOf(999), kept(a));
    await world.pass(5 * MINUTE);
    expect(world.runs()).toEqual(['01:00 01 default waiting']);
    expect([...world.policies.runs.values()]).toMatchObject([{ fail_code: 'vm-backup.server.busy' }]);
    await world.pass(6 * MINUTE);
    expect(world.runs()).toEqual(['01:00 01 default missed']);
    expect(world.policies.messages).toMatchObject([
      { event_id: 'vm-backup.server.busy', user_message: expect.stringContaining(a) },
    ]);
    expect(world.audits).toEqual([]);
  });

  test('a server that is free again in time is backed up', async () => {
    const world = new SchedulerWorld();
    const [a = ''] = world.addServers(1);
    world.add({});
    world.stores.holds.set(uuidOf(999), kept(a));
    await world.pass(50);
    world.stores.holds.delete(uuidOf(999));
    await world.pass(20);
    expect(world.runs()).toEqual(['00:01 01 default succeeded']);
  });

  test('what still waits when the next time comes is not made twice', async () => {
    const world = new SchedulerWorld();
    const [a = ''] = world.addServers(1);
    world.add({});
    world.stores.holds.set(uuidOf(999), kept(a));
    await world.pass(3 * MINUTE);
    world.stores.holds.delete(uuidOf(999));
    await world.pass(20);
    expect(world.runs()).toEqual(['00:01 01 default missed', '00:02 01 default missed', '00:03 01 default succeeded']);
  });
});

describe('servers', () => {
  test('of a tag are looked up at each time: a new one is covered by itself', async () => {
    const world = new SchedulerWorld();
    const [a = ''] = world.addServers(3);
    world.add({ servers: { all: false, ids: [], tags: ['prod'], metadata: {}, except_ids: [] } });
    const tagged = (id: string) => {
      const one = world.cloud.servers.get(id);
      if (one) one.raw = { tags: ['prod'] };
    };
    tagged(a);
    await world.pass(MINUTE);
    tagged(uuidOf(2));
    await world.pass(MINUTE);
    expect(world.runs().map((run) => run.slice(0, 8))).toEqual(['00:01 01', '00:02 01', '00:02 02']);
  });

  test('of other projects are never touched, also when named', async () => {
    const world = new SchedulerWorld();
    world.addServers(1, OTHER_PROJECT);
    world.add({ servers: { all: true, ids: [uuidOf(1)], tags: [], metadata: {}, except_ids: [] } });
    await world.pass(2 * MINUTE);
    expect(world.runs()).toEqual([]);
  });

  test('that cannot be backed up at all are refused at once, with the reason', async () => {
    const world = new SchedulerWorld();
    const [a = ''] = world.addServers(1);
    const one = world.cloud.servers.get(a);
    if (one) one.imageId = null;
    world.add({});
    await world.pass(40);
    expect([...world.policies.runs.values()]).toMatchObject([
      { status: 'refused', fail_code: 'vm-backup.server.no-disks' },
    ]);
  });

  test('on two targets get a backup on each, one after the other', async () => {
    const world = new SchedulerWorld();
    world.addServers(1);
    world.add({ targets: ['default', 'nfs'] });
    await world.pass(MINUTE + 20);
    expect(world.runs()).toEqual(['00:01 01 default succeeded', '00:01 01 nfs succeeded']);
  });
});

describe('whose rights are gone', () => {
  test('is refused, with the reason on the policy and one message; nothing is made or removed', async () => {
    const world = new SchedulerWorld();
    const [a = ''] = world.addServers(1);
    const policy = world.add({});
    await world.pass(4 * MINUTE);
    const before = world.kept(a);
    world.delegations.gone.add(policy.user_id);
    await world.pass(3 * MINUTE);
    expect(world.policies.rows.get(policy.id)).toMatchObject({ fail_code: 'vm-backup.policy.rights-lost' });
    expect(world.policies.messages.map((one) => one.event_id)).toEqual(['vm-backup.policy.rights-lost']);
    expect(world.kept(a)).toEqual(before);
    world.delegations.gone.clear();
    await world.pass(MINUTE + 20);
    expect(world.policies.rows.get(policy.id)).toMatchObject({ fail_code: null });
    expect(world.kept(a)).not.toEqual(before);
  });

  test('has lost the role, and Rewind’s own rules say no', async () => {
    const world = new SchedulerWorld();
    world.addServers(1);
    const policy = world.add({});
    world.delegations.trusts.set(policy.trust_id ?? '', {
      userId: policy.user_id,
      projectId: PROJECT,
      roles: ['reader'],
    });
    await world.pass(MINUTE);
    expect(world.policies.rows.get(policy.id)).toMatchObject({ fail_code: 'vm-backup.forbidden' });
    expect(world.runs()).toEqual([]);
  });

  test('a cloud that is away loses no time', async () => {
    const world = new SchedulerWorld();
    world.addServers(1);
    world.add({ schedule: { cron: '0 * * * *', time_zone: 'UTC', window_minutes: null, jitter_minutes: 0 } });
    world.delegations.down = new RewindError('openstack.unavailable', 'away');
    await world.pass(5 * MINUTE);
    expect(world.runs()).toEqual([]);
    world.delegations.down = undefined;
    await world.pass(20);
    expect(world.runs()).toEqual(['00:01 01 default succeeded']);
  });
});

describe('bounds', () => {
  const most = (world: SchedulerWorld) => {
    const open = [...world.policies.runs.values()].filter((run) => run.status === 'submitted');
    return { all: open.length, projects: new Set(open.map((run) => run.project_id)).size };
  };
  test('hold, and a small project does not wait behind a large one', async () => {
    const world = new SchedulerWorld();
    world.addServers(20);
    world.addServers(1, OTHER_PROJECT, 50);
    const hourly = { cron: '0 * * * *', time_zone: 'UTC', window_minutes: null, jitter_minutes: 0 };
    world.add({ schedule: hourly });
    world.add({ schedule: hourly, project_id: OTHER_PROJECT });
    world.settings.most.all = 3;
    await world.pass(35);
    expect(most(world)).toEqual({ all: 3, projects: 2 });
    for (let n = 0; n < 60; n += 1) {
      await world.pass(5);
      expect(most(world).all).toBeLessThanOrEqual(3);
    }
    expect(world.runs().filter((run) => run.endsWith('succeeded'))).toHaveLength(21);
  });

  test.each([
    ['host', 4],
    ['pool', 2],
    ['target', 2],
    ['project', 2],
  ] as const)('of a %s', async (place, expected) => {
    const world = new SchedulerWorld();
    // Hosts h0 and h1, two servers at a time each.
    world.addServers(2, PROJECT, 0x10);
    world.addServers(2, PROJECT, 0x20);
    world.addServers(2, PROJECT, 0x30);
    world.add({});
    world.settings.most[place] = 2;
    world.workMs = 20_000;
    await world.pass(35);
    expect(most(world).all).toBe(expected);
  });
});

describe('retention', () => {
  test('removes only what the policy made, and not what is protected', async () => {
    const world = new SchedulerWorld();
    const [a = ''] = world.addServers(1);
    const policy = world.add({});
    const old = (n: number, more: object) => {
      const one = backup({ id: uuidOf(600 + n), server_id: a, planned_at: `2026-05-01T00:0${n}:00.000Z`, ...more });
      world.stores.backups.set(one.id, one);
    };
    old(1, { policy_id: policy.id });
    old(2, { policy_id: policy.id, protected: true });
    old(3, { policy_id: uuidOf(998) });
    old(4, { policy_id: null });
    await world.pass(5 * MINUTE);
    expect([601, 602, 603, 604].map((n) => world.stores.backups.has(uuidOf(n)))).toEqual([false, true, true, true]);
  });

  test('waits while the newest is damaged, and goes on after a good one', async () => {
    const world = new SchedulerWorld();
    const [a = ''] = world.addServers(1);
    const policy = world.add({});
    await world.pass(4 * MINUTE - 5);
    world.policies.rows.set(policy.id, {
      ...policy,
      ...world.policies.rows.get(policy.id),
      enabled: false,
    } as typeof policy);
    await world.pass(30);
    const newest = [...world.stores.backups.values()].sort((x, y) =>
      (x.planned_at ?? '') < (y.planned_at ?? '') ? 1 : -1,
    )[0];
    if (newest)
      world.stores.backups.set(newest.id, { ...newest, status: 'error', fail_code: 'vm-backup.archive.damaged' });
    const count = world.kept(a).length;
    const now = world.policies.rows.get(policy.id) ?? policy;
    world.policies.rows.set(policy.id, {
      ...now,
      enabled: true,
      retained_at: '2020-01-01T00:00:00.000Z',
      next_run_at: '2027-01-01T00:00:00.000Z',
      retention: { ...(policy.retention ?? never()), keep_last: 1 },
    });
    await world.pass(2 * MINUTE);
    expect(world.kept(a)).toHaveLength(count);
    if (newest) world.stores.backups.set(newest.id, newest);
    world.policies.rows.set(policy.id, {
      ...(world.policies.rows.get(policy.id) ?? policy),
      retained_at: '2020-01-01T00:00:00.000Z',
    });
    await world.pass(2 * MINUTE);
    expect(world.kept(a)).toHaveLength(1);
  });

  test('a failed run is told, and removes nothing', async () => {
    const world = new SchedulerWorld();
    const [a = ''] = world.addServers(1);
    world.add({});
    await world.pass(4 * MINUTE - 5);
    const good = world.kept(a);
    world.failing = () => failure('vm-backup.target.full');
    await world.pass(MINUTE);
    expect(world.runs().at(-1)).toBe('00:05 01 default failed');
    expect(world.kept(a)).toEqual(expect.arrayContaining(good.slice(-3)));
    expect(world.policies.messages).toMatchObject([
      { event_id: 'vm-backup.target.full', request_id: expect.stringMatching(/^req-/) },
    ]);
  });
});

function never(): never {
  throw new Error('unreachable');
}

test('what is covered and who has missed his objective is reported; of the latter each is told once', async () => {
  const world = new SchedulerWorld();
  world.addServers(2);
  world.addServers(1, OTHER_PROJECT, 50);
  world.add({
    rpo_minutes: 60,
    schedule: { cron: '0 3 * * *', time_zone: 'UTC', window_minutes: null, jitter_minutes: 0 },
    next_run_at: '2026-06-02T03:00:00.000Z',
  });
  world.policies.newest.set(uuidOf(1), '2026-06-01T00:00:00.000Z');
  await world.pass(11 * MINUTE);
  expect(world.turns.turns.get('protection')?.report).toMatchObject({ servers: 3, protected: 2, missed: [uuidOf(2)] });
  expect(world.policies.messages).toMatchObject([
    { event_id: 'vm-backup.rpo.missed', resource_type: 'server', resource_uuid: uuidOf(2), project_id: PROJECT },
  ]);
});

test('a project over its quota gets no backups, and is told why', async () => {
  const world = new SchedulerWorld();
  world.addServers(1);
  world.add({});
  await world.quotas.set(PROJECT, { points: 1 });
  await world.pass(3 * MINUTE);
  expect(world.runs()).toEqual(['00:01 01 default succeeded', '00:02 01 default missed', '00:03 01 default waiting']);
  expect(world.policies.messages).toMatchObject([{ event_id: 'vm-backup.quota.points' }]);
});

test('operations that ended long ago go; what is open stays, however old', async () => {
  const world = new SchedulerWorld();
  const ago = (days: number) => new Date(world.time.now - days * 86_400_000).toISOString();
  const rows = { old: ago(61), young: ago(59), open: null };
  for (const [n, finished_at] of Object.values(rows).entries()) {
    const id = uuidOf(900 + n);
    const ended = { id, created_at: ago(61), finished_at, status: finished_at ? 'failed' : 'running' };
    world.stores.operationRows.set(id, { ...anOperation(), ...ended } as Operation);
  }
  await world.pass(MINUTE);
  expect([...world.stores.operationRows.keys()]).toEqual([uuidOf(901), uuidOf(902)]);
});
