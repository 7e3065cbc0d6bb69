import { describe, expect, test } from '@jest/globals';
import {
  policiesAnswer,
  policyAnswer,
  simulationAnswer,
  updatePolicyAnswer,
} from '../../../src/api/policies/schemas.ts';
import { RewindError } from '../../../src/domain/errors.ts';
import { aPolicy, aRun } from '../../contract/sql/examples.ts';
import { apiWorld } from '../../world/api/api-world.ts';
import { server, uuidOf } from '../../world/api/fake-cloud.ts';
import { OTHER_PROJECT, PROJECT, person } from '../../world/api/people.ts';
import { backup } from '../../world/api/rows.ts';

const NIGHTLY = { servers: { all: true }, schedule: { cron: '0 2 * * *' } };
const MEMBER = 'c3'.repeat(16);

function ready(options: Parameters<typeof apiWorld>[0] = {}) {
  const world = apiWorld(options);
  world.cloud.add(
    server(),
    server({ id: uuidOf(2), name: 'db', raw: { tags: ['prod'] } }),
    server({ id: uuidOf(3), name: 'theirs', projectId: OTHER_PROJECT }),
  );
  const as = (token: string) => ({
    get: (path: string) => world.http.get(path).set('X-Auth-Token', token),
    post: (policy: object) => world.http.post('/v1/policies').set('X-Auth-Token', token).send({ policy }),
    patch: (id: string, policy: object) =>
      world.http.patch(`/v1/policies/${id}`).set('X-Auth-Token', token).send({ policy }),
    delete: (id: string) => world.http.delete(`/v1/policies/${id}`).set('X-Auth-Token', token),
  });
  return { ...world, as, member: as('member') };
}

const made = async (world: ReturnType<typeof ready>, policy: object = NIGHTLY) => {
  const answer = await world.member.post(policy);
  expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
  return policyAnswer.parse(answer.body).policy;
};

describe('POST /v1/policies', () => {
  test('201 with defaults, the next time, and a trust of the member’s role alone', async () => {
    const world = ready();
    const answer = await world.member.post(NIGHTLY);
    const { policy } = policyAnswer.parse(answer.body);
    expect(answer.headers.location).toMatch(new RegExp(`/v1/policies/${policy.id}$`));
    expect(policy).toMatchObject({
      ...{ enabled: true, user_id: MEMBER, project_id: PROJECT, acts_by: 'trust', targets: ['default'] },
      ...{ schedule: { cron: '0 2 * * *', time_zone: 'UTC', window_minutes: null, jitter_minutes: 0 } },
      ...{ retention: null, next_run_at: '2026-06-01T02:00:00.000Z', consistency: 'best' },
    });
    expect([...world.delegations.trusts.values()]).toEqual([{ userId: MEMBER, projectId: PROJECT, roles: ['member'] }]);
    expect(JSON.stringify(answer.body)).not.toContain('trust1');
    expect(world.audits).toMatchObject([{ action: expect.stringContaining('policies'), outcome: 'success' }]);
  });

  test.each([
    [{ schedule: { cron: 'often' } }, 'policy.schedule'],
    [{ schedule: { cron: '* * * * *' } }, 'policy.schedule'],
    [{ schedule: { cron: '0 2 * * *', time_zone: 'Nowhere' } }, 'policy.schedule'],
    [{ servers: {} }, 'policy.no-servers'],
    [{ servers: { ids: [uuidOf(9)] } }, 'server.not-found'],
    [{ servers: { ids: [uuidOf(3)] } }, 'server.not-found'],
    [{ servers: { all: true, some: true } }, 'request.invalid'],
    [{ retention: { keep_last: 0 } }, 'policy.retention'],
    [{ retention: { keep: 3 } }, 'request.invalid'],
    [{ targets: ['moon'] }, 'target.unknown'],
    [{ project_id: OTHER_PROJECT }, 'request.invalid'],
    [{ trust_id: 'x' }, 'request.invalid'],
  ])('refuses %j', async (wrong, code) => {
    const world = ready();
    const answer = await world.member.post({ ...NIGHTLY, ...wrong });
    expect([answer.status, answer.body.errors?.[0].code]).toEqual([400, `vm-backup.${code}`]);
    expect([world.policies.rows.size, world.delegations.trusts.size]).toEqual([0, 0]);
  });

  test('a project has so many and no more, and no trust stays of the one too many', async () => {
    const world = ready({ maxPolicies: 1 });
    await made(world);
    const answer = await world.member.post(NIGHTLY);
    expect([answer.status, answer.body.errors[0].code]).toEqual([403, 'vm-backup.quota.policies']);
    expect(world.delegations.trusts.size).toBe(1);
    // When Keystone does not remove it now, it is known all the same.
    world.delegations.deleteTrust = async () => {
      throw new RewindError('openstack.unavailable', 'Away.', { retry: false });
    };
    expect((await world.member.post(NIGHTLY)).status).toBe(403);
    expect([world.delegations.trusts.size, world.policies.made.size]).toEqual([2, 1]);
  });
});

describe('with a token that makes no trust', () => {
  const credential = person({ methods: ['application_credential'], roles: ['member'] });

  test('of an application credential: by the roles its user has now, and never more', async () => {
    const world = ready();
    world.identity.people.credential = credential;
    world.delegations.standing.set(`${MEMBER} ${PROJECT}`, ['admin', 'member']);
    const answer = await world.as('credential').post(NIGHTLY);
    expect([answer.status, answer.body.policy.acts_by]).toEqual([201, 'roles']);
    expect([...world.policies.rows.values()]).toMatchObject([{ trust_id: null, roles: ['member'] }]);
    expect(world.delegations.trusts.size).toBe(0);
  });

  test('of an application credential: its id is kept with the policy, and told to nobody; another way of saving forgets it', async () => {
    const world = ready();
    world.identity.people.credential = { ...credential, credentialId: 'ac1' };
    world.delegations.standing.set(`${MEMBER} ${PROJECT}`, ['member']);
    const answer = await world.as('credential').post(NIGHTLY);
    expect([...world.policies.rows.values()]).toMatchObject([{ trust_id: null, credential_id: 'ac1' }]);
    expect(JSON.stringify(answer.body)).not.toContain('ac1');
    await world.member.patch(answer.body.policy.id, { rpo_minutes: 60 });
    expect([...world.policies.rows.values()]).toMatchObject([{ acts_by: 'trust', credential_id: null }]);
  });

  test('that was got with a trust: refused, whatever roles the trustor has', async () => {
    const world = ready();
    world.identity.people.trustee = person({ trustId: 'theirs', roles: ['member'] });
    world.delegations.makesTrusts = false;
    world.delegations.standing.set(`${MEMBER} ${PROJECT}`, ['member']);
    const answer = await world.as('trustee').post(NIGHTLY);
    expect([answer.status, answer.body.errors?.[0].code]).toEqual([403, 'vm-backup.policy.delegated-token']);
    expect(world.policies.rows.size).toBe(0);
  });

  test('that counts only with a certificate: nobody is taken for its owner', async () => {
    const world = ready();
    world.identity.people.bound = person({ ofCertificate: true, roles: ['member'] });
    expect((await world.as('bound').post(NIGHTLY)).status).toBe(401);
  });

  test('of somebody whose roles do not last: refused, with a way out', async () => {
    const world = ready();
    world.identity.people.credential = credential;
    const answer = await world.as('credential').post(NIGHTLY);
    expect([answer.status, answer.body.errors[0].code]).toEqual([403, 'vm-backup.policy.no-standing-role']);
    expect(answer.body.errors[0].hint).toMatch(/password/);
  });

  test('where Keystone itself says no', async () => {
    const world = ready();
    world.delegations.makesTrusts = false;
    world.delegations.standing.set(`${MEMBER} ${PROJECT}`, ['member', 'reader']);
    expect((await world.member.post(NIGHTLY)).body.policy.acts_by).toBe('roles');
  });
});

describe('one policy', () => {
  test('is shown, listed, filtered and paged', async () => {
    const world = ready();
    const [first, second] = [
      await made(world, { ...NIGHTLY, name: 'a' }),
      await made(world, { ...NIGHTLY, name: 'b' }),
    ];
    expect(policyAnswer.parse((await world.member.get(`/v1/policies/${first.id}`)).body).policy).toEqual(first);
    const page = await world.member.get('/v1/policies?sort=name&limit=1&with_count=true');
    expect(policiesAnswer.parse(page.body)).toMatchObject({ policies: [{ name: 'a' }], count: 2 });
    const named = await world.member.get('/v1/policies?name=b');
    expect(named.body.policies.map((one: { id: string }) => one.id)).toEqual([second.id]);
    expect((await world.member.get('/v1/policies?trust_id=x')).status).toBe(400);
  });

  test('is disabled and enabled; time does not pile up meanwhile', async () => {
    const world = ready();
    const { id } = await made(world);
    expect((await world.member.patch(id, { enabled: false })).body.policy).toMatchObject({ next_run_at: null });
    world.time.now += 10 * 86_400_000;
    const on = await world.member.patch(id, { enabled: true });
    expect(on.body.policy.next_run_at).toBe('2026-06-11T02:00:00.000Z');
  });

  test('acts for who saved it last, and the old trust goes', async () => {
    const world = ready();
    const { id } = await made(world);
    world.identity.people.ben = person({ userId: '99'.repeat(16) });
    expect((await world.as('ben').patch(id, { name: 'other' })).body.policy.user_id).toBe(MEMBER);
    // A name is no reason to act for somebody else, nor to lose what it acts by.
    expect([...world.delegations.trusts.keys()]).toEqual([world.policies.rows.get(id)?.trust_id]);
    const saved = await world.as('ben').patch(id, { rpo_minutes: 60 });
    expect(saved.body.policy).toMatchObject({ user_id: '99'.repeat(16), name: 'other', rpo_minutes: 60 });
    expect([...world.delegations.trusts.values()].map((one) => one.userId)).toEqual(['99'.repeat(16)]);
    expect((await world.as('admin').patch(id, { rpo_minutes: null })).body.policy).toMatchObject({
      ...{ user_id: '99'.repeat(16), rpo_minutes: null, schedule: { cron: '0 2 * * *' } },
    });
  });

  test('keeps the names of servers that are gone, and takes no new ones that are not there', async () => {
    const world = ready();
    const { id } = await made(world, { ...NIGHTLY, servers: { ids: [uuidOf(2)] } });
    world.cloud.servers.delete(uuidOf(2));
    expect((await world.member.patch(id, { servers: { ids: [uuidOf(2), uuidOf(1)] } })).status).toBe(200);
    expect((await world.member.patch(id, { servers: { ids: [uuidOf(3)] } })).status).toBe(400);
  });

  test('goes with its trust; one that Keystone cannot remove now is kept in mind', async () => {
    const world = ready();
    const first = await made(world);
    expect((await world.member.delete(first.id)).status).toBe(204);
    expect([world.delegations.trusts.size, world.policies.old.size]).toEqual([0, 0]);
    const second = await made(world);
    world.delegations.down = new Error('away');
    expect((await world.member.delete(second.id)).status).toBe(204);
    expect([...world.policies.old]).toEqual(['trust2']);
    expect((await world.member.get(`/v1/policies/${second.id}`)).status).toBe(404);
  });

  test('a reader looks and does not touch; another project finds nothing', async () => {
    const world = ready();
    const { id } = await made(world);
    const [reader, stranger] = [world.as('reader'), world.as('stranger')];
    expect((await reader.get(`/v1/policies/${id}/simulate`)).status).toBe(200);
    expect((await reader.get('/v1/policy-runs')).status).toBe(200);
    for (const refused of [reader.post(NIGHTLY), reader.patch(id, { name: 'x' }), reader.delete(id)])
      expect((await refused).status).toBe(403);
    const ways = [`/v1/policies/${id}`, `/v1/policies/${id}/simulate`];
    for (const path of ways) expect((await stranger.get(path)).status).toBe(404);
    for (const refused of [stranger.patch(id, { name: 'x' }), stranger.delete(id)])
      expect((await refused).status).toBe(404);
    expect((await stranger.get('/v1/policies')).body.policies).toEqual([]);
  });
});

describe('PATCH of a part', () => {
  const RETENTION = { keep_last: 3, hourly: 0, daily: 7, weekly: 4, monthly: 12, yearly: 0 };
  const SCHEDULE = { cron: '0 2 * * *', time_zone: 'Europe/Berlin', window_minutes: 180, jitter_minutes: 30 };
  const ready1 = async () => {
    const world = ready();
    const { id } = await made(world, {
      servers: { all: true, except_ids: [uuidOf(2)] },
      schedule: SCHEDULE,
      retention: RETENTION,
    });
    const patch = async (policy: object, version = '1.0') =>
      await world.member.patch(id, policy).set('OpenStack-API-Version', `vm-backup ${version}`);
    return { world, id, patch };
  };

  test.each([
    [{ retention: { daily: 14 } }, { retention: { ...RETENTION, daily: 14 } }],
    [{ retention: { weekly: null } }, { retention: { ...RETENTION, weekly: 0 } }],
    [{ retention: null }, { retention: null }],
    [{ schedule: { cron: '0 3 * * *' } }, { schedule: { ...SCHEDULE, cron: '0 3 * * *' } }],
    [{ schedule: { window_minutes: null } }, { schedule: { ...SCHEDULE, window_minutes: null } }],
    [{ schedule: { time_zone: null } }, { schedule: { ...SCHEDULE, time_zone: 'UTC' } }],
    [{ schedule: { jitter_minutes: null } }, { schedule: { ...SCHEDULE, jitter_minutes: 0 } }],
  ])('%j leaves the rest as it was', async (change, expected) => {
    const { patch } = await ready1();
    const answer = await patch(change);
    expect([answer.status, answer.body.policy]).toMatchObject([
      200,
      { schedule: SCHEDULE, retention: RETENTION, ...expected },
    ]);
  });

  test('servers are replaced for 1.0, and merged from 1.1 on', async () => {
    const { patch } = await ready1();
    const servers = async (version: string, change: object) =>
      (await patch({ servers: change }, version)).body.policy.servers;
    expect(await servers('1.1', { tags: ['prod'] })).toMatchObject({
      all: true,
      tags: ['prod'],
      except_ids: [uuidOf(2)],
    });
    expect(await servers('1.0', { tags: ['prod'] })).toMatchObject({ all: false, tags: ['prod'], except_ids: [] });
  });

  test('answers what retention will remove, and so does a simulation of it before', async () => {
    const { world, id, patch } = await ready1();
    for (let day = 1; day <= 9; day++) {
      const at = new Date(Date.UTC(2026, 4, day, 2)).toISOString();
      const extra = { planned_at: at, created_at: at, stored_bytes: 10, server_id: uuidOf(1) };
      world.stores.backups.set(uuidOf(400 + day), backup({ id: uuidOf(400 + day), policy_id: id, ...extra }));
    }
    const less = { retention: { keep_last: 2, daily: 0, weekly: 0, monthly: 0 } };
    const post = (path: string, body: object) => world.http.post(path).set('X-Auth-Token', 'reader').send(body);
    const tried = simulationAnswer.parse((await post(`/v1/policies/${id}/simulate`, { policy: less })).body).simulation;
    const before = simulationAnswer.parse((await post(`/v1/policies/${id}/simulate`, {})).body).simulation;
    expect([before.retention_removes.backups, tried.retention_removes.backups]).toEqual([2, 7]);
    expect((await world.member.get(`/v1/policies/${id}`)).body.policy.retention).toEqual(RETENTION);
    const saved = updatePolicyAnswer.parse((await patch(less)).body);
    expect(saved.retention_removes).toEqual(tried.retention_removes);
    expect(saved.retention_removes).toMatchObject({ backups: 7, stored_bytes: 70 });
    expect(saved.retention_removes.backup_ids).toHaveLength(7);
    expect((await patch({ enabled: false })).body.retention_removes.backups).toBe(0);
  });

  test('one that is not saved is simulated, and nothing is made; a disabled one says so', async () => {
    const world = ready();
    const post = (policy: object, token = 'reader') =>
      world.http.post('/v1/policies/simulate?until=2026-06-03T00:00Z').set('X-Auth-Token', token).send({ policy });
    const { simulation } = simulationAnswer.parse((await post({ ...NIGHTLY, enabled: false })).body);
    expect(simulation).toMatchObject({ policy_id: null, enabled: false, servers: [{ name: 'web' }, { name: 'db' }] });
    expect(simulation.runs).toHaveLength(4);
    expect([world.policies.rows.size, world.delegations.trusts.size]).toEqual([0, 0]);
    expect((await post({ ...NIGHTLY, servers: {} })).status).toBe(400);
    expect((await post(NIGHTLY, 'nobody')).status).toBe(403);
  });
});

describe('GET /v1/policies/{policy_id}/simulate', () => {
  test('runs of all covered servers, and what of all backups is kept at the end', async () => {
    const world = ready();
    const { id } = await made(world, { ...NIGHTLY, retention: { keep_last: 2 } });
    const old = (n: number, day: string) =>
      backup({ id: uuidOf(100 + n), policy_id: id, planned_at: `2026-05-${day}T02:00:00.000Z` });
    for (const one of [old(1, '29'), old(2, '30'), old(3, '31'), backup({ id: uuidOf(109) })])
      world.stores.backups.set(one.id, one);
    const path = `/v1/policies/${id}/simulate?from=2026-06-01T00:00Z&until=2026-06-04T02:00Z`;
    const { simulation } = simulationAnswer.parse((await world.member.get(path)).body);
    expect(simulation.servers.map((one) => one.name)).toEqual(['web', 'db']);
    const times = (serverId: string, kept: boolean) =>
      simulation.runs
        .filter((run) => run.server_id === serverId && run.kept_at_end === kept)
        .map((run) => run.planned_at.slice(5, 13));
    expect(times(uuidOf(1), true)).toEqual(['06-02T02', '06-03T02']);
    expect(times(uuidOf(1), false)).toEqual(['06-01T02']);
    expect(times(uuidOf(2), true)).toEqual(['06-02T02', '06-03T02']);
    const told = simulation.backups.map(({ id, keep, kept_at_end }) => [id, keep, kept_at_end]);
    expect(told.sort()).toEqual([
      [uuidOf(101), false, false],
      [uuidOf(102), true, false],
      [uuidOf(103), true, false],
    ]);
    expect(world.stores.operationRows.size).toBe(0);
  });

  test('a stretch that is too long or backwards, or a question nobody knows, is refused; too many runs are cut', async () => {
    const world = ready();
    const { id } = await made(world, { ...NIGHTLY, schedule: { cron: '*/15 * * * *' } });
    const ask = (query: string) => world.member.get(`/v1/policies/${id}/simulate${query}`);
    for (const wrong of [
      '?until=2028-01-01',
      '?until=2020-01-01',
      '?from=soon',
      '?limit=3',
      '?from=2026-06-01&from=2026-06-02',
    ])
      expect([wrong, (await ask(wrong)).status]).toEqual([wrong, 400]);
    const cut = await ask('?until=2026-09-01');
    expect([cut.body.simulation.truncated, cut.body.simulation.runs.length]).toEqual([true, 2_000]);
  });
});

test('a protected backup is not deleted', async () => {
  const world = ready();
  world.stores.backups.set(uuidOf(100), backup());
  const send = (method: 'patch' | 'delete', body?: object) =>
    world.http[method](`/v1/backups/${uuidOf(100)}`)
      .set('X-Auth-Token', 'member')
      .send(body);
  expect((await send('patch', { backup: { protected: true } })).body.backup.protected).toBe(true);
  const refused = await send('delete');
  expect([refused.status, refused.body.errors[0].code]).toEqual([409, 'vm-backup.backup.protected']);
  await send('patch', { backup: { protected: false } });
  expect((await send('delete')).status).toBe(202);
});

test('a run that was given up is refused for clients of 1.1, and missed for those before, in filters too', async () => {
  const world = ready();
  const policy = aPolicy({ project_id: PROJECT });
  for (const status of ['refused', 'missed', 'failed'] as const) {
    const run = aRun(policy, { status });
    world.policies.runs.set(run.id, run);
  }
  const words = async (query: string, version: string) => {
    const asked = world.member.get(`/v1/policy-runs${query}`).set('OpenStack-API-Version', `vm-backup ${version}`);
    const { status, body } = await asked;
    return status === 200 ? body['policy-runs'].map((run: { status: string }) => run.status).sort() : status;
  };
  expect(await words('', '1.0')).toEqual(['failed', 'missed', 'missed']);
  expect(await words('', '1.1')).toEqual(['failed', 'missed', 'refused']);
  expect(await words('?status=missed', '1.0')).toEqual(['missed', 'missed']);
  expect(await words('?status=missed', '1.1')).toEqual(['missed']);
  expect(await words('?status=refused', '1.1')).toEqual(['refused']);
  expect(await words('?status=refused', '1.0')).toBe(400);
});
