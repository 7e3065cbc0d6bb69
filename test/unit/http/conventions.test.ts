import { describe, expect, test } from '@jest/globals';
import { errorSchema } from '../../../src/api/calls/error-schema.ts';
import { routes } from '../../../src/api/route-table.ts';
import { apiWorld } from '../../world/api/api-world.ts';
import { server, uuidOf } from '../../world/api/fake-cloud.ts';
import { backup } from '../../world/api/rows.ts';

describe('discovery', () => {
  const version = {
    id: 'v1.0',
    status: 'CURRENT',
    min_version: '1.0',
    max_version: '1.1',
    links: [
      { rel: 'self', href: 'https://api.example.com/vm-backup/v1/' },
      { rel: 'collection', href: 'https://api.example.com/vm-backup/' },
    ],
  };

  test.each(['/', '/vm-backup/', '/vm-backup'])('%s lists versions without a token', async (path) => {
    const answer = await apiWorld().http.get(path);
    expect([answer.status, answer.body]).toEqual([200, { versions: [version] }]);
  });

  test.each(['/v1', '/v1/', '/vm-backup/v1', '/vm-backup/v1/'])('%s shows this one', async (path) => {
    const answer = await apiWorld().http.get(path).set('OpenStack-API-Version', 'vm-backup 9.9');
    expect([answer.status, answer.body]).toEqual([200, { version }]);
  });

  test('URLs come from the request when none is configured, from a proxy only when trusted', async () => {
    const self = async (settings: object, headers: Record<string, string>, path = '/vm-backup/') =>
      (
        await apiWorld({ settings: { publicUrl: null, ...settings } })
          .http.get(path)
          .set(headers)
      ).body.versions[0].links[1].href;
    const forwarded = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Prefix': '/b' };
    expect(await self({}, { Host: 'api:8790' })).toBe('http://api:8790/vm-backup/');
    expect(await self({}, { Host: 'api:8790', ...forwarded })).toBe('http://api:8790/vm-backup/');
    expect(await self({ trustProxy: true }, { Host: 'api', ...forwarded }, '/')).toBe('https://evil.example/b/');
    expect(await self({}, { Host: 'a"><script>' })).toBe('http://localhost/vm-backup/');
  });
});

describe('microversions', () => {
  test.each([
    [undefined, 200],
    ['', 200],
    ['vm-backup 1.0', 200],
    ['VM-Backup latest', 200, '1.1'],
    ['vm-backup 1.1', 200, '1.1'],
    ['compute 2.93', 200],
    ['compute 2.93,vm-backup 1.0', 200],
    ['vm-backup 1.2', 406],
    ['vm-backup 2.0', 406],
    ['compute 2.93, vm-backup 0.9', 400],
    ['vm-backup', 400],
    ['vm-backup 1', 400],
    ['vm-backup 01.0', 400],
    ['vm-backup 1.0 1.1', 400],
    ['vm-backup 1.99999999999999999999', 400],
  ] as [string | undefined, number, string?][])('%p', async (header, status, spoken = '1.0') => {
    const request = apiWorld().http.get('/v1/backups').set('X-Auth-Token', 'reader');
    const answer = await (header === undefined ? request : request.set('OpenStack-API-Version', header));
    expect(answer.status).toBe(status);
    expect(answer.headers['openstack-api-version']).toBe(`vm-backup ${spoken}`);
    expect(answer.headers.vary).toContain('OpenStack-API-Version');
    if (status === 406) expect(answer.body.errors[0]).toMatchObject({ min_version: '1.0', max_version: '1.1' });
  });

  describe('a backup that was cancelled', () => {
    const cancelled = uuidOf(100);
    const get = (path: string, version: string) => {
      const world = apiWorld();
      world.stores.backups.set(cancelled, backup({ id: cancelled, status: 'cancelled' as never }));
      world.stores.backups.set(uuidOf(101), backup({ id: uuidOf(101), status: 'error' }));
      world.stores.backups.set(uuidOf(102), backup({ id: uuidOf(102) }));
      const headers = { 'X-Auth-Token': 'reader', 'OpenStack-API-Version': `vm-backup ${version}` };
      return world.http.get(path).set(headers);
    };

    test.each([
      ['1.0', 'error'],
      ['1.1', 'cancelled'],
      ['latest', 'cancelled'],
    ])('is shown to %s as %s', async (version, word) => {
      expect((await get(`/v1/backups/${cancelled}`, version)).body.backup.status).toBe(word);
    });

    test.each([
      ['1.0', 'error', 2],
      ['1.0', 'neq:error', 1],
      ['1.0', 'in:error,available', 3],
      ['1.0', 'nin:available,error', 0],
      ['1.1', 'error', 1],
      ['1.1', 'neq:error', 2],
      ['1.1', 'cancelled', 1],
    ])('is found by %s with status=%s', async (version, filter, found) => {
      const answer = await get(`/v1/backups?status=${filter}&with_count=1`, version);
      expect([answer.body.backups.length, answer.body.count]).toEqual([found, found]);
    });

    test('has a word that 1.0 does not know', async () => {
      expect((await get('/v1/backups?status=cancelled', '1.0')).status).toBe(400);
    });
  });
});

describe('errors', () => {
  test('speak both dialects under the request id', async () => {
    const answer = await apiWorld()
      .http.get(`/v1/backups/${uuidOf(1)}`)
      .set('X-Auth-Token', 'reader');
    expect(answer.status).toBe(404);
    expect(errorSchema.parse(answer.body)).toEqual({
      errors: [
        {
          request_id: answer.headers['x-openstack-request-id'],
          code: 'vm-backup.backup.not-found',
          status: 404,
          title: 'Not Found',
          detail: 'There is no such backup.',
          links: [],
        },
      ],
      error: { code: 404, title: 'Not Found', message: 'There is no such backup.' },
    });
  });

  test('a hint is told in words that every client prints', async () => {
    const world = apiWorld();
    world.cloud.add(server({ taskState: 'rebuilding' }));
    const answer = await world.http
      .post('/v1/backups')
      .set('X-Auth-Token', 'member')
      .send({ backup: { server_id: uuidOf(1) } });
    expect(answer.body.errors[0].hint).toMatch(/^Wait/);
    expect(answer.body.error.message).toContain(answer.body.errors[0].hint);
  });

  test('an unexpected one says nothing to the client and everything to the log', async () => {
    const world = apiWorld();
    world.cloud.down = new TypeError('canary of the inside');
    const answer = await world.http
      .post('/v1/backups')
      .set('X-Auth-Token', 'member')
      .send({ backup: { server_id: uuidOf(1) } });
    expect([answer.status, answer.body.errors[0].code]).toEqual([500, 'vm-backup.internal']);
    expect(answer.text).not.toMatch(/canary|TypeError|\.ts/);
    const lines = world
      .logged()
      .split('\n')
      .filter((line) => line.includes('canary'));
    expect(lines[0]).toContain(answer.headers['x-openstack-request-id']);
  });

  test.each([
    ['get', '/v1/nonsense', 404],
    ['get', '/v1/BACKUPS', 404],
    ['get', '/backups', 404],
    ['put', '/v1/backups', 405],
    ['delete', '/v1/backups', 405],
    ['get', `/v1/backups/${uuidOf(1)}/verify`, 405],
    ['get', '/v1/backups/%zz', 400],
    ['get', '/v1/backups/..%2frestores', 404],
    ['get', `/v1/backups/${uuidOf(1).toUpperCase().replace('4', 'F')}`, 404],
    ['get', `/v1/backups/${uuidOf(1)}?x=1`, 400],
    ['get', `/v1/backups?${'a'.repeat(9_000)}`, 414],
  ] as const)('%s %s is %i', async (method, path, status) => {
    const answer = await apiWorld().http[method](path).set('X-Auth-Token', 'admin');
    expect(answer.status).toBe(status);
    errorSchema.parse(answer.body);
  });

  test('405 names what is allowed', async () => {
    const answer = await apiWorld().http.put('/v1/backups').set('X-Auth-Token', 'reader');
    expect(answer.headers.allow).toBe('GET, HEAD, POST');
  });

  test('406 for a client that takes no JSON', async () => {
    const get = (accept: string) =>
      apiWorld().http.get('/v1/backups').set({ 'X-Auth-Token': 'reader', Accept: accept });
    expect((await get('text/html')).status).toBe(406);
    expect((await get('text/html, */*;q=0.1')).status).toBe(200);
  });
});

describe('request ids', () => {
  test('are minted, and theirs is not adopted', async () => {
    const theirs = `req-${uuidOf(7)}`;
    const answer = await apiWorld().http.get('/').set('X-Openstack-Request-Id', theirs);
    expect(answer.headers['x-openstack-request-id']).toMatch(/^req-[0-9a-f-]{36}$/);
    expect(answer.headers['x-openstack-request-id']).not.toBe(theirs);
  });
});

describe('CORS', () => {
  const settings = { corsAllowedOrigins: ['https://horizon.example.com'] };

  test('is silent unless configured', async () => {
    const answer = await apiWorld().http.get('/').set('Origin', 'https://horizon.example.com');
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('answers preflights of the named origins', async () => {
    const preflight = (origin: string) =>
      apiWorld({ settings })
        .http.options('/v1/backups')
        .set({ Origin: origin, 'Access-Control-Request-Method': 'POST' });
    const allowed = await preflight('https://horizon.example.com');
    expect(allowed.status).toBe(204);
    expect(allowed.headers['access-control-allow-headers']).toContain('X-Auth-Token');
    const methods = allowed.headers['access-control-allow-methods']?.split(/, ?/);
    expect(methods).toEqual(expect.arrayContaining(routes.map(({ method }) => method.toUpperCase())));
    const refused = await preflight('https://evil.example');
    expect(refused.headers['access-control-allow-origin']).toBeUndefined();
  });
});

test('paths with and without the prefix are the same', async () => {
  const { http } = apiWorld();
  for (const path of ['/v1/backups', '/vm-backup/v1/backups', '/v1/backups/'])
    expect((await http.get(path).set('X-Auth-Token', 'reader')).body).toEqual({ backups: [], links: [] });
});
