import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OwnRedis } from '../contract/redis-server.ts';
import { type BlankServer, bootBlankServer, dropBlankServer, dropVolumesNamed } from '../world/lab/blank-server.ts';
import { sleep, until } from '../world/lab/lab.ts';
import { available, carryOut, type Installation, install, type RunningProcess } from '../world/lab/rewind.ts';
import { authenticateWithApplicationCredential, logIn, logInAs, must, type Tenant } from '../world/lab/tenant.ts';

const MINUTES = Number(process.env.REWIND_TEST_POLICY_MINUTES ?? 3);
const KEEP = Math.min(3, MINUTES - 1);
const MINUTE_MS = 60_000;
const NAME = 'e2e2-policies';
const WORKER = { REWIND_WORKER_LEASE_SECONDS: '8' };

interface Run {
  server_id: string;
  planned_at: string;
  status: string;
  fail_code: string | null;
}
interface Policy {
  id: string;
  acts_by: string;
  user_id: string;
  fail_code: string | null;
}
interface Simulation {
  from: string;
  until: string;
  runs: { server_id: string; planned_at: string; kept_at_end: boolean }[];
}

let demo: Tenant;
let admin: Tenant;
let redis: OwnRedis;
let rewind: Installation;
let worker: RunningProcess;
let servers: BlankServer[] = [];
let leaver: { user: string; policy: string };

beforeAll(async () => {
  [demo, admin, redis] = await Promise.all([logIn('demo'), logIn('admin'), OwnRedis.start()]);
  rewind = install({
    REWIND_REDIS_URL: redis.url,
    REWIND_SCHEDULER_SHORTEST_INTERVAL_MINUTES: '1',
    REWIND_SCHEDULER_LOOK_SECONDS: '2',
  });
  rewind.start('api');
  worker = rewind.start('worker', WORKER);
  servers = await Promise.all(['a', 'b'].map((one) => bootBlankServer(demo, `${NAME}-${one}`, 2)));
  await rewind.ready();
  leaver = await somebodyLeaves();
});

/** A user who makes a policy of every minute, and loses his role. */
async function somebodyLeaves(): Promise<{ user: string; policy: string }> {
  const password = randomBytes(16).toString('hex');
  const wanted = { user: { name: `${NAME}-${randomBytes(4).toString('hex')}`, password, domain_id: 'default' } };
  const { user } = await must<{ user: { id: string } }>(admin.call('identity', 'POST', '/users', wanted));
  const { roles } = await must<{ roles: { id: string }[] }>(admin.call('identity', 'GET', '/roles?name=member'));
  const role = `/projects/${demo.projectId}/users/${user.id}/roles/${roles[0]?.id}`;
  await must(admin.call('identity', 'PUT', role));
  const his = await logInAs(user.id, password, demo.projectId);
  const policy = await create(his, { servers: { tags: ['nothing-has-this'] }, schedule: every });
  expect(policy).toMatchObject({ acts_by: 'trust', user_id: user.id });
  await must(admin.call('identity', 'DELETE', role));
  return { user: user.id, policy: policy.id };
}

afterAll(async () => {
  if (leaver) await admin.call('identity', 'DELETE', `/users/${leaver.user}`);
});
afterAll(async () => {
  for (const server of servers) await dropBlankServer(demo, server);
});
afterAll(() => dropVolumesNamed(demo, NAME));
afterAll(() => rewind.end());
afterAll(() => redis.remove());

const body = async <T>(who: Tenant, method: string, path: string, given?: unknown): Promise<T> => {
  const answer = await rewind.call<T>(who, method, path, given);
  if (answer.status >= 300)
    throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};
const create = async (who: Tenant, policy: object): Promise<Policy> =>
  (await body<{ policy: Policy }>(who, 'POST', '/v1/policies', { policy })).policy;
const show = async (id: string): Promise<Policy> =>
  (await body<{ policy: Policy }>(demo, 'GET', `/v1/policies/${id}`)).policy;
const runsOf = async (id: string): Promise<Run[]> =>
  (await body<{ 'policy-runs': Run[] }>(demo, 'GET', `/v1/policy-runs?policy_id=${id}&sort=planned_at&limit=1000`))[
    'policy-runs'
  ];
const every = { cron: '* * * * *' };
const trusts = async (): Promise<{ id: string; trustor_user_id: string }[]> =>
  (await must<{ trusts: { id: string; trustor_user_id: string }[] }>(admin.call('identity', 'GET', '/OS-TRUST/trusts')))
    .trusts;

/** Early enough in a minute that all of what follows is in it. */
async function beginningOfMinute(): Promise<void> {
  const into = Date.now() % MINUTE_MS;
  if (into > 25_000) await sleep(MINUTE_MS - into + 2_000);
}

test(`a policy of every minute on two servers, ${MINUTES} minutes: exactly what its simulation said`, async () => {
  // A backup of the same server that the policy did not make.
  const own = await available(carryOut(rewind, demo, 'backup', { server_id: servers[0]?.id ?? '', name: 'own' }));
  await beginningOfMinute();
  const ids = servers.map((server) => server.id);
  const policy = await create(demo, {
    ...{ name: 'minutely', servers: { ids }, schedule: every, retention: { keep_last: KEEP } },
  });
  expect(policy).toMatchObject({ acts_by: 'trust', user_id: demo.userId });
  const end = Date.now() - (Date.now() % MINUTE_MS) + MINUTES * MINUTE_MS + 20_000;
  const { simulation } = await body<{ simulation: Simulation }>(
    demo,
    'GET',
    `/v1/policies/${policy.id}/simulate?until=${new Date(end).toISOString()}`,
  );
  expect(simulation.runs).toHaveLength(2 * MINUTES);

  const third = (end - Date.now()) / 3;
  await sleep(third);
  worker.child.kill('SIGKILL');
  await redis.ask((connection) => connection.flushall());
  worker = rewind.start('worker', WORKER);
  await sleep(third);
  await redis.ask((connection) => connection.flushall());
  await sleep(Math.max(0, end - Date.now()));

  const runs = await until('all runs begun', 30_000, async () => {
    const now = await runsOf(policy.id);
    return now.length >= simulation.runs.length && !now.some((run) => run.status === 'waiting') && now;
  });
  await body(demo, 'PATCH', `/v1/policies/${policy.id}`, { policy: { enabled: false } });
  const keyOf = (run: { server_id: string; planned_at: string }) => `${run.planned_at} ${run.server_id}`;
  expect(runs.map(keyOf).sort()).toEqual(simulation.runs.map(keyOf).sort());

  const said = simulation.runs.filter((run) => run.kept_at_end).map(keyOf);
  const backups = async () =>
    (
      await body<{ backups: { id: string; server_id: string; planned_at: string; status: string }[] }>(
        demo,
        'GET',
        `/v1/backups?policy_id=${policy.id}`,
      )
    ).backups;
  const left = await until('what is to stay', 120_000, async () => {
    const now = await backups();
    return now.length <= said.length && now.every((one) => one.status === 'available') && now;
  }).catch(async () => backups());
  expect(left.map(keyOf).sort()).toEqual([...said].sort());
  expect((await runsOf(policy.id)).map((run) => run.status)).toEqual(simulation.runs.map(() => 'succeeded'));
  expect((await rewind.call(demo, 'GET', `/v1/backups/${own.id}`)).status).toBe(200);

  const newest = left.sort((a, b) => (a.planned_at < b.planned_at ? 1 : -1))[0];
  await body(demo, 'POST', `/v1/backups/${newest?.id}/verify`);
  const { operations } = await body<{ operations: { workflow?: string; status: string }[] }>(
    demo,
    'GET',
    '/v1/operations?limit=1000',
  );
  console.log(
    `policies: ${MINUTES} minutes, ${simulation.runs.length} runs planned and made, ${said.length} kept as simulated, ` +
      `${operations.length} operations, worker killed once, Redis flushed twice`,
  );
  const before = await trusts();
  expect((await rewind.call(demo, 'DELETE', `/v1/policies/${policy.id}`)).status).toBe(204);
  expect(await trusts()).toHaveLength(before.length - 1);
});

describe('for whom', () => {
  test('a user who lost his role: the run was refused and says why; saved by somebody else the policy is his', async () => {
    const refused = await until('a refused run', 90_000, async () => {
      const now = await show(leaver.policy);
      return now.fail_code !== null && now;
    });
    expect(refused).toMatchObject({ fail_code: 'vm-backup.policy.rights-lost', user_id: leaver.user });
    const told = await body<{ messages: { event_id: string }[] }>(
      demo,
      'GET',
      `/v1/messages?resource_uuid=${leaver.policy}`,
    );
    expect(told.messages.map((one) => one.event_id)).toEqual(['vm-backup.policy.rights-lost']);
    const path = `/v1/policies/${leaver.policy}`;
    const saved = await body<{ policy: Policy }>(demo, 'PATCH', path, { policy: { enabled: true } });
    expect(saved.policy).toMatchObject({ user_id: demo.userId, fail_code: null });
    expect((await trusts()).filter((trust) => trust.trustor_user_id === leaver.user)).toEqual([]);
    await body(demo, 'DELETE', path);
  });

  test('an application credential makes no trust: its policy looks at the roles of its user', async () => {
    const path = `/users/${demo.userId}/application_credentials`;
    const { application_credential: made } = await must<{ application_credential: { id: string; secret: string } }>(
      demo.call('identity', 'POST', path, {
        application_credential: { name: `${NAME}-${randomBytes(4).toString('hex')}`, roles: [{ name: 'member' }] },
      }),
    );
    try {
      const automat = await authenticateWithApplicationCredential(made.id, made.secret);
      const before = (await trusts()).length;
      const policy = await create(automat, { servers: { all: true }, schedule: { cron: '0 3 1 1 *' } });
      expect(policy).toMatchObject({ acts_by: 'roles', user_id: demo.userId });
      expect(await trusts()).toHaveLength(before);
      await body(demo, 'DELETE', `/v1/policies/${policy.id}`);
    } finally {
      await demo.call('identity', 'DELETE', `${path}/${made.id}`);
    }
  });
});
