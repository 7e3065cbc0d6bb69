import { describe, expect, test } from '@jest/globals';
import { apiWorld } from '../../world/api/api-world.ts';

const fine = { name: 'database', probe: async () => {} };
const broken = {
  name: 'redis',
  probe: async () => {
    throw new Error('canary: 10.0.0.1 refused');
  },
};

describe('/healthcheck', () => {
  test('OK as text, JSON when asked for, 204 for HEAD; no token', async () => {
    const { http } = apiWorld({ health: [fine] });
    const text = await http.get('/healthcheck');
    expect([text.status, text.text.trim(), text.type]).toEqual([200, 'OK', 'text/plain']);
    const json = await http.get('/vm-backup/healthcheck').set('Accept', 'application/json');
    expect(json.body).toEqual({ detailed: false, reasons: ['OK'] });
    expect((await http.head('/healthcheck')).status).toBe(204);
  });

  test('503 names what is not well, and not why', async () => {
    const world = apiWorld({ health: [fine, broken] });
    const answer = await world.http.get('/healthcheck').set('Accept', 'application/json');
    expect([answer.status, answer.body.reasons]).toEqual([503, ['redis: unavailable']]);
    expect(world.logged()).toContain('canary');
    expect((await world.http.head('/healthcheck')).status).toBe(503);
  });

  test('drains while the file exists', async () => {
    const world = apiWorld({ health: [fine] });
    world.state.drained = true;
    const answer = await world.http.get('/healthcheck');
    expect([answer.status, answer.text.trim()]).toEqual([503, 'DISABLED BY FILE']);
    expect((await world.http.get('/v1/backups').set('X-Auth-Token', 'reader')).status).toBe(200);
  });

  test.each([
    [2, { detailed: false, reasons: ['OK'], workers: 2 }],
    [0, { detailed: false, reasons: ['OK', 'workers: none was heard of lately'], workers: 0 }],
  ])('knows of %i workers, and is well without any: what is asked for is done later', async (count, body) => {
    const { http } = apiWorld({ health: [fine], workersSeen: async () => count });
    const answer = await http.get('/healthcheck').set('Accept', 'application/json');
    expect([answer.status, answer.body]).toEqual([200, body]);
    expect((await http.get('/healthcheck')).text.trim().split('\n')).toEqual(body.reasons);
  });

  test('is well where nobody can tell of workers', async () => {
    const workersSeen = () => Promise.reject(new Error('canary'));
    const { http } = apiWorld({ health: [fine], workersSeen });
    const answer = await http.get('/healthcheck').set('Accept', 'application/json');
    expect([answer.status, answer.body]).toEqual([200, { detailed: false, reasons: ['OK'] }]);
  });

  test('many askers make one probe', async () => {
    let probes = 0;
    const probe = async () => {
      probes += 1;
    };
    const world = apiWorld({ health: [{ name: 'keystone', probe }] });
    await Promise.all(Array.from({ length: 20 }, () => world.http.get('/healthcheck')));
    expect(probes).toBe(1);
    world.time.now += 10_000;
    await world.http.get('/healthcheck');
    expect(probes).toBe(2);
  });
});

test('/metrics counts by route, never by id', async () => {
  const world = apiWorld();
  await world.http.get('/v1/backups/00000000-0000-4000-8000-000000000001').set('X-Auth-Token', 'reader');
  await world.http.get('/v1/backups/00000000-0000-4000-8000-000000000001');
  const { text, type } = await world.http.get('/metrics');
  expect(type).toBe('text/plain');
  expect(text).toContain('rewind_http_requests_total{method="GET",route="/v1/backups/{backup_id}",status="404"} 1');
  expect(text).toContain('route="/v1/backups/{backup_id}",status="401"} 1');
  expect(text).not.toContain('00000000-0000');
});
