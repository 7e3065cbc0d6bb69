import { expect, test } from '@jest/globals';
import { apiWorld } from '../../world/api/api-world.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';
import { PROJECT } from '../../world/api/people.ts';

const GENERAL = 'vm-backup.openstack.over-quota';
const EXACT = `${GENERAL}.volumes`;
const AT = '2026-06-01T00:00:00.000Z';

/** Whatever has a code, with an exact one, as a client of the version reads it. */
function ready(version: string) {
  const world = apiWorld();
  const message = (n: number, event_id: string) =>
    world.policies.messages.push({
      ...{ id: uuidOf(700 + n), project_id: PROJECT, request_id: null, message_level: 'ERROR' as const, event_id },
      ...{ resource_type: 'policy' as const, resource_uuid: uuidOf(n), user_message: 'It failed.' },
      ...{ created_at: AT, guaranteed_until: '2026-07-01T00:00:00.000Z' },
    });
  message(1, EXACT);
  message(2, GENERAL);
  message(3, `${GENERAL}-of-another-kind`);
  const headers = { 'X-Auth-Token': 'member', 'OpenStack-API-Version': `vm-backup ${version}` };
  const get = async (path: string) => (await world.http.get(path).set(headers)).body;
  return { ...world, get, post: (path: string, body: object) => world.http.post(path).set(headers).send(body) };
}

test.each([
  ['1.0', GENERAL],
  ['1.1', EXACT],
])('%s reads %s wherever a code is shown', async (version, code) => {
  const { get, post, ...world } = ready(version);
  expect((await get(`/v1/messages/${uuidOf(701)}`)).message.event_id).toBe(code);
  const listed = (await get('/v1/messages')).messages.find((one: { id: string }) => one.id === uuidOf(701));
  expect(listed.event_id).toBe(code);

  const report = { target: 'nfs', host: 'one', available: false, total_bytes: 1, free_bytes: 1, reported_at: AT };
  await world.stores.targetReports.put({ ...report, fail_code: EXACT });
  expect((await get('/v1/targets/nfs')).target.fail_code).toBe(code);
  expect((await get('/v1/targets')).targets.find((one: { name: string }) => one.name === 'nfs').fail_code).toBe(code);

  const policy = { servers: { all: true }, schedule: { cron: '0 2 * * *' }, retention: { keep_last: 1 } };
  const { id } = (await post('/v1/policies', { policy })).body.policy;
  world.policies.rows.set(id, { ...world.policies.rows.get(id)!, fail_code: EXACT });
  expect((await get(`/v1/policies/${id}`)).policy.fail_code).toBe(code);
  expect((await get(`/v1/policies?fail_code=${GENERAL}`)).policies).toHaveLength(version === '1.0' ? 1 : 0);

  const conflict = { code: EXACT, detail: 'No room.', hint: null, status: 403 };
  world.services.dryRunRestore = async () => ({ plan: { disks: [] }, conflicts: [conflict] }) as never;
  const restore = { backup_id: uuidOf(100), mode: 'in_place', dry_run: true };
  expect((await post('/v1/restores', { restore })).body.restore.conflicts[0].code).toBe(code);
});

test.each([
  ['1.0', GENERAL, 2],
  ['1.0', `neq:${GENERAL}`, 1],
  ['1.0', `in:x,${GENERAL}`, 2],
  ['1.0', `nin:x,${GENERAL}`, 1],
  ['1.0', 'vm-backup.openstack', 0],
  ['1.1', GENERAL, 1],
  ['1.1', `neq:${GENERAL}`, 2],
  ['1.1', EXACT, 1],
])('%s finds with event_id=%s what it reads so', async (version, filter, found) => {
  const answer = await ready(version).get(`/v1/messages?event_id=${filter}&with_count=1`);
  expect([answer.messages.length, answer.count]).toEqual([found, found]);
});
