import { expect, test } from '@jest/globals';
import { targetAnswer, targetsAnswer } from '../../../src/api/targets/schemas.ts';
import { apiWorld } from '../../world/api/api-world.ts';

const NOW = '2026-06-01T00:00:00.000Z';
const report = {
  ...{ target: 'nfs', host: 'one', available: true, fail_code: null },
  ...{ total_bytes: 100, free_bytes: 40, reported_at: NOW },
};

test('lists what is configured, in its order, and how it is doing', async () => {
  const world = apiWorld();
  const get = async (token = 'reader') => world.http.get('/v1/targets').set('X-Auth-Token', token);
  const unknown = { available: null, fail_code: null, total_bytes: null, free_bytes: null, reported_at: null };
  const listed = targetsAnswer.parse((await get()).body).targets;
  expect(listed).toMatchObject([
    { name: 'default', type: 's3', default: true, ...unknown },
    { name: 'nfs', type: 'directory', default: false, ...unknown },
  ]);
  expect(listed[0]?.links[0]?.href).toBe('https://api.example.com/vm-backup/v1/targets/default');

  await world.stores.targetReports.put(report);
  await world.stores.targetReports.put({ ...report, target: 'default', total_bytes: null, free_bytes: null });
  await world.stores.targetReports.put({ ...report, target: 'removed-from-the-settings' });
  const { default: _, links: __, ...good } = targetsAnswer.parse((await get()).body).targets[1]!;
  expect(good).toEqual({
    ...{ name: 'nfs', type: 'directory', available: true, fail_code: null },
    ...{ total_bytes: 100, free_bytes: 40, reported_at: NOW },
  });
  expect((await get('nobody')).status).toBe(403);
});

test('one host that cannot reach it is enough; a host that is silent does not count', async () => {
  const world = apiWorld();
  const show = async (name = 'nfs') => world.http.get(`/v1/targets/${name}`).set('X-Auth-Token', 'reader');
  await world.stores.targetReports.put(report);
  await world.stores.targetReports.put({
    ...report,
    host: 'two',
    available: false,
    fail_code: 'vm-backup.target.full',
  });
  expect(targetAnswer.parse((await show()).body).target).toMatchObject({
    available: false,
    fail_code: 'vm-backup.target.full',
  });
  const later = '2026-06-01T00:10:00.000Z';
  world.time.now = Date.parse(later);
  await world.stores.targetReports.put({ ...report, reported_at: later });
  expect(targetAnswer.parse((await show()).body).target).toMatchObject({ available: true, fail_code: null });
  world.time.now += 3_600_000;
  expect(targetAnswer.parse((await show()).body).target).toMatchObject({ available: null, total_bytes: null });
  const missing = await show('nowhere');
  expect([missing.status, missing.body.errors[0].code]).toEqual([404, 'vm-backup.target.not-found']);
});

test('are figures as well', async () => {
  const world = apiWorld();
  const member = { projectId: 'a1'.repeat(16), userId: 'c3'.repeat(16), roles: ['reader'] } as never;
  world.metrics.watchTargets(() => world.services.listTargets(member));
  await world.stores.targetReports.put(report);
  const text = async () => (await world.http.get('/metrics')).text;
  expect(await text()).toContain('rewind_target_available{target="nfs"} 1');
  expect(await text()).toContain('rewind_target_free_bytes{target="nfs"} 40');
  expect(await text()).not.toContain('rewind_target_available{target="default"}');
  world.metrics.watchTargets(() => Promise.reject(new Error('no database')));
  expect(await text()).not.toContain('{target=');
});
