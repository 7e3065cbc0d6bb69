import { describe, expect, test } from '@jest/globals';
import { messageAnswer, messagesAnswer } from '../../../src/api/messages/schemas.ts';
import { limitsAnswer, quotaSetAnswer } from '../../../src/api/quotas/schemas.ts';
import { serversAnswer } from '../../../src/api/servers/schemas.ts';
import { apiWorld } from '../../world/api/api-world.ts';
import { server, uuidOf } from '../../world/api/fake-cloud.ts';
import { OTHER_PROJECT, PROJECT } from '../../world/api/people.ts';
import { backup } from '../../world/api/rows.ts';

const SET = `/v1/quota-sets/${PROJECT}`;

function ready() {
  const world = apiWorld();
  world.cloud.add(server(), server({ id: uuidOf(2), name: 'db' }));
  const as = (token: string) => ({
    get: (path: string) => world.http.get(path).set('X-Auth-Token', token),
    put: (path: string, quota_set: object) => world.http.put(path).set('X-Auth-Token', token).send({ quota_set }),
    post: (path: string, body: object) => world.http.post(path).set('X-Auth-Token', token).send(body),
    delete: (path: string) => world.http.delete(path).set('X-Auth-Token', token),
  });
  return { ...world, as, member: as('member'), admin: as('admin') };
}

test('a quota of a project that Keystone does not know is refused, and nothing is stored', async () => {
  const world = ready();
  world.state.projects = [PROJECT];
  const slip = `/v1/quota-sets/${'9'.repeat(32)}`;
  const answer = await world.admin.put(slip, { points: 1 });
  expect([answer.status, answer.body.errors[0].code]).toEqual([404, 'vm-backup.project.not-found']);
  expect((await world.admin.get(slip)).body.quota_set.points).toBe(-1);
  expect((await world.admin.put(SET, { points: 1 })).status).toBe(200);
});

describe('quotas', () => {
  test('are shown with what is used, set by an administrator, and enforced', async () => {
    const world = ready();
    world.stores.backups.set(uuidOf(100), backup({ stored_bytes: 7 }));
    const limits = limitsAnswer.parse((await world.as('reader').get('/v1/limits')).body).limits.absolute;
    expect(limits).toEqual({
      ...{ maxTotalPoints: -1, totalPointsUsed: 1, maxTotalPointBytes: -1, totalPointBytesUsed: 7 },
      ...{ maxTotalSnapshotBytes: -1, totalSnapshotBytesUsed: 0 },
      ...{ maxOpenOperations: 20, openOperationsUsed: 0 },
    });
    const set = await world.admin.put(SET, { points: 1 });
    expect([set.status, quotaSetAnswer.parse(set.body).quota_set]).toEqual([
      200,
      { id: PROJECT, points: 1, bytes: -1, snapshot_bytes: -1, operations: 20 },
    ]);
    const usage = await world.member.get(`${SET}?usage=true`);
    expect(quotaSetAnswer.parse(usage.body).quota_set).toMatchObject({ points: { limit: 1, in_use: 1 } });
    const refused = await world.member.post('/v1/backups', { backup: { server_id: uuidOf(1) } });
    expect([refused.status, refused.body.errors[0].code]).toEqual([403, 'vm-backup.quota.points']);
    expect(world.stores.operationRows.size).toBe(0);
    expect((await world.admin.delete(SET)).status).toBe(204);
    expect((await world.member.post('/v1/backups', { backup: { server_id: uuidOf(1) } })).status).toBe(202);
  });

  test.each([[{}], [{ points: -2 }], [{ points: 1.5 }], [{ point: 1 }], [{ points: '1' }]])(
    'refuses %j',
    async (set) => {
      const answer = await ready().admin.put(SET, set);
      expect([answer.status, answer.body.errors[0].code]).toEqual([400, 'vm-backup.request.invalid']);
    },
  );

  test('are nobody’s to set but an administrator’s; of another project nobody else sees any', async () => {
    const world = ready();
    const other = `/v1/quota-sets/${OTHER_PROJECT}`;
    for (const answer of [world.member.put(SET, { points: 9 }), world.member.delete(SET), world.member.get(other)])
      expect((await answer).status).toBe(403);
    expect((await world.member.get('/v1/quota-sets/nothing')).status).toBe(403);
    expect((await world.admin.get(other)).status).toBe(200);
    expect((await world.admin.get('/v1/quota-sets/a%20b')).status).toBe(404);
  });
});

describe('messages', () => {
  test('are the project’s: listed, filtered, shown, deleted by a member', async () => {
    const world = ready();
    const tell = (n: number, project_id: string) =>
      world.policies.messages.push({
        ...{ id: uuidOf(700 + n), project_id, request_id: null, message_level: 'ERROR' as const },
        ...{ event_id: 'vm-backup.server.busy', resource_type: 'policy' as const, resource_uuid: uuidOf(n) },
        ...{ user_message: 'It was busy.', created_at: '2026-01-01T00:00:00.000Z' },
        guaranteed_until: '2026-02-01T00:00:00.000Z',
      });
    tell(1, PROJECT);
    tell(2, PROJECT);
    tell(3, OTHER_PROJECT);
    const list = messagesAnswer.parse((await world.as('reader').get('/v1/messages?with_count=true')).body);
    expect([list.count, list.messages.map((one) => one.id).sort()]).toEqual([2, [uuidOf(701), uuidOf(702)]]);
    const one = await world.member.get(`/v1/messages?resource_uuid=${uuidOf(2)}`);
    expect(one.body.messages).toHaveLength(1);
    expect(messageAnswer.parse((await world.member.get(`/v1/messages/${uuidOf(701)}`)).body).message.user_message).toBe(
      'It was busy.',
    );
    expect((await world.as('reader').delete(`/v1/messages/${uuidOf(701)}`)).status).toBe(403);
    expect((await world.member.delete(`/v1/messages/${uuidOf(703)}`)).status).toBe(404);
    expect((await world.member.delete(`/v1/messages/${uuidOf(701)}`)).status).toBe(204);
    expect((await world.member.get(`/v1/messages/${uuidOf(701)}`)).status).toBe(404);
  });
});

describe('GET /v1/servers', () => {
  const policy = { schedule: { cron: '0 2 * * *' }, rpo_minutes: 60 };
  test('tells which are covered, and which have missed their objective', async () => {
    const world = ready();
    await world.member.post('/v1/policies', { policy: { ...policy, servers: { ids: [uuidOf(2)] } } });
    const all = serversAnswer.parse((await world.as('reader').get('/v1/servers')).body).servers;
    expect(all.map(({ name, protected: covered, rpo_missed }) => [name, covered, rpo_missed])).toEqual([
      ['db', true, true],
      ['web', false, false],
    ]);
    world.policies.newest.set(uuidOf(2), new Date(world.time.now - 59 * 60_000).toISOString());
    const none = await world.member.get('/v1/servers?rpo_missed=true');
    expect(none.body.servers).toEqual([]);
    const bare = await world.member.get('/v1/servers?protected=false');
    expect(bare.body.servers).toMatchObject([{ id: uuidOf(1), policies: [], rpo_minutes: null }]);
    const page = await world.member.get('/v1/servers?limit=1');
    expect(page.body.links[0].href).toContain(`marker=${uuidOf(2)}`);
    const rest = await world.member.get(`/v1/servers?limit=1&marker=${uuidOf(2)}`);
    expect([rest.body.servers[0].id, rest.body.links]).toEqual([uuidOf(1), []]);
    for (const wrong of ['?limit=0', '?marker=x', '?name=x', '?protected=maybe'])
      expect([wrong, (await world.member.get(`/v1/servers${wrong}`)).status]).toEqual([wrong, 400]);
    expect((await world.as('stranger').get('/v1/servers')).body.servers).toEqual([]);
  });
});
