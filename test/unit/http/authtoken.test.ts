import { describe, expect, test } from '@jest/globals';
import { allowedByAccessRules, pathMatches } from '../../../src/http/auth/access-rules.ts';
import { createTokenCache } from '../../../src/http/auth/token-cache.ts';
import { apiWorld } from '../../world/api/api-world.ts';
import { person } from '../../world/api/people.ts';

const get = (world: ReturnType<typeof apiWorld>, headers: Record<string, string>) =>
  world.http.get('/vm-backup/v1/backups').set(headers);

describe('X-Auth-Token', () => {
  test.each([
    [{}, 401],
    [{ 'X-Auth-Token': '' }, 401],
    [{ 'X-Auth-Token': '   ' }, 401],
    [{ 'X-Auth-Token': 'unknown' }, 401],
    [{ 'X-Auth-Token': 'toString' }, 401],
    [{ 'X-Auth-Token': 'expired' }, 401],
    [{ 'X-Auth-Token': ' reader ' }, 200],
    [{ 'X-Auth-Token': 'nobody' }, 403],
    [{ 'X-Auth-Token': 'system' }, 403],
    [{ 'X-Auth-Token': 'unscoped' }, 403],
    [{ 'X-Auth-Token': 'x'.repeat(9_000) }, 401],
  ])('%j', async (headers, status) => {
    const answer = await get(apiWorld(), headers as Record<string, string>);
    expect(answer.status).toBe(status);
    const challenge = status === 401 ? 'Keystone uri="https://api.example.com/identity"' : undefined;
    expect(answer.headers['www-authenticate']).toBe(challenge);
  });

  test('what cannot be a token is not sent to Keystone', async () => {
    const world = apiWorld();
    for (const token of ['a b', 'x'.repeat(9_000), 'ümlaut'])
      await get(world, { 'X-Auth-Token': encodeURI(token).length ? token.replace('ü', '\u00fc') : '' });
    expect(world.identity.asked).toEqual([]);
  });

  test('Keystone out of reach is 503, not 401, and says nothing of it', async () => {
    const world = apiWorld();
    world.identity.down = true;
    const answer = await get(world, { 'X-Auth-Token': 'reader' });
    expect([answer.status, answer.body.errors[0].code]).toEqual([503, 'vm-backup.identity.unavailable']);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.text).not.toContain('canary');
    world.identity.down = false;
    expect((await get(world, { 'X-Auth-Token': 'reader' })).status).toBe(200);
  });
});

describe('token cache', () => {
  test('asks once, and again when the time is over', async () => {
    const world = apiWorld();
    for (let n = 0; n < 3; n++) await get(world, { 'X-Auth-Token': 'reader' });
    expect(world.identity.asked).toHaveLength(1);
    world.time.now += 301_000;
    await get(world, { 'X-Auth-Token': 'reader' });
    expect(world.identity.asked).toHaveLength(2);
  });

  test('expires_at is looked at on every use', async () => {
    const world = apiWorld();
    // The Keystone of this world lives in our time.
    world.time.now = Date.now();
    world.identity.people.reader = person({
      roles: ['reader'],
      expiresAt: new Date(world.time.now + 60_000).toISOString(),
    });
    expect((await get(world, { 'X-Auth-Token': 'reader' })).status).toBe(200);
    world.time.now += 60_000;
    expect((await get(world, { 'X-Auth-Token': 'reader' })).status).toBe(401);
  });

  test('0 seconds: every request is asked about', async () => {
    const world = apiWorld({ settings: { tokenCacheSeconds: 0 } });
    for (let n = 0; n < 2; n++) await get(world, { 'X-Auth-Token': 'reader' });
    expect(world.identity.asked).toHaveLength(2);
  });

  test('callers who ask together share one question', async () => {
    const world = apiWorld();
    await Promise.all(Array.from({ length: 10 }, () => get(world, { 'X-Auth-Token': 'reader' })));
    expect(world.identity.asked.length).toBeLessThan(10);
  });

  test('is bounded, drops the least used, keeps nothing refused', async () => {
    const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} };
    const cache = createTokenCache(clock, 300, 2);
    cache.put('a', person());
    cache.put('b', person());
    cache.get('a');
    cache.put('c', person());
    expect([cache.get('a'), cache.get('b'), cache.get('c')].map(Boolean)).toEqual([true, false, true]);
    cache.put('old', person({ expiresAt: '1960-01-01T00:00:00Z' }));
    cache.put('odd', person({ expiresAt: 'never' }));
    expect(cache.size).toBe(2);
  });
});

describe('X-Service-Token', () => {
  test.each([
    ['expired', 'service', 200],
    ['reader', 'service', 200],
    ['expired', 'admin', 401],
    ['reader', 'admin', 401],
    ['reader', 'unknown', 401],
    ['reader', 'expired', 401],
    ['unknown', 'service', 401],
    ['', 'service', 401],
  ])('user %s with service %s is %i', async (user, service, status) => {
    const headers = { 'X-Auth-Token': user, 'X-Service-Token': service };
    expect((await get(apiWorld(), headers)).status).toBe(status);
  });

  test('allow_expired is asked for only with one', async () => {
    const world = apiWorld();
    await get(world, { 'X-Auth-Token': 'expired' });
    await get(world, { 'X-Auth-Token': 'expired', 'X-Service-Token': 'service' });
    await get(world, { 'X-Auth-Token': 'expired' });
    expect(world.identity.asked.filter((one) => one.token === 'expired').map((one) => one.allowExpired)).toEqual([
      false,
      true,
      false,
    ]);
  });
});

describe('access rules', () => {
  const rule = (path: string, method = 'GET', service = 'vm-backup') => ({ path, method, service });

  test.each([
    [null, 200],
    [[], 401],
    [[rule('/v1/backups')], 200],
    [[rule('/vm-backup/v1/backups')], 200],
    [[rule('/v1/*')], 200],
    [[rule('/v1/{collection}')], 200],
    [[rule('/**')], 200],
    [[rule('**')], 200],
    [[rule('/v1/backups', 'POST')], 401],
    [[rule('/v1/backups', 'get')], 401],
    [[rule('/v1/backups', 'GET', 'compute')], 401],
    [[rule('/v1/backups/*')], 401],
    [[rule('/v1/restores')], 401],
    [[rule('/v1/backup.')], 401],
    [[rule('/v1/restores'), rule('/v1/backups')], 200],
  ])('%j is %i', async (accessRules, status) => {
    const world = apiWorld();
    world.identity.people.restricted = person({ accessRules });
    expect((await get(world, { 'X-Auth-Token': 'restricted' })).status).toBe(status);
  });

  test('a service that came with its token is exempt', async () => {
    const world = apiWorld();
    world.identity.people.restricted = person({ accessRules: [] });
    const headers = { 'X-Auth-Token': 'restricted', 'X-Service-Token': 'service' };
    expect((await get(world, headers)).status).toBe(200);
    expect((await get(world, { ...headers, 'X-Service-Token': 'member' })).status).toBe(401);
  });

  test('our service must be in the catalogue', () => {
    const token = { accessRules: [rule('/**')], catalogTypes: ['compute'] };
    expect(allowedByAccessRules(token, { method: 'GET', paths: ['/v1/backups'] }, 'vm-backup')).toBe(false);
  });

  test.each([
    ['/v1/backups/a', '/v1/backups/*', true],
    ['/v1/backups/a/verify', '/v1/backups/*', false],
    ['/v1/backups/a/verify', '/v1/backups/**', true],
    ['/v1/backups/a/verify', '/v1/backups/{id}/verify', true],
    ['/v1/backups/', '/v1/backups/*', false],
    ['/v1/backups', '/v1/b*', true],
    ['/v1/backupsX', '/v1/backups', false],
    ['/v1/backups\n', '/v1/backups', false],
  ])('%s matches %s: %p', (path, pattern, expected) => {
    expect(pathMatches(path, pattern)).toBe(expected);
  });

  test('a malicious pattern costs no time', () => {
    const started = performance.now();
    pathMatches(`/${'a/'.repeat(4_000)}`, `${'**a'.repeat(300)}b`);
    pathMatches(`/${'a'.repeat(8_000)}`, `${'{x}a'.repeat(200)}b`);
    pathMatches(`/${'a'.repeat(8_000)}`, `${'*a'.repeat(500)}b`);
    expect(performance.now() - started).toBeLessThan(200);
  });
});
