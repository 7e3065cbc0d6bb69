import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import nock from 'nock';
import { createHttp } from '../../../src/adapters/openstack/calls/http-client.ts';
import { keystoneUrl, Session } from '../../../src/adapters/openstack/keystone/session.ts';
import { baseConfig, checkNet, KEYSTONE, keystoneGives, PASSWORD, sealNet, TestClock, testLog } from './world.ts';

const scope = { projectName: 'service', projectDomainName: 'Default' };

function newSession() {
  const clock = new TestClock();
  const log = testLog();
  const session = new Session(scope, { config: baseConfig, http: createHttp(baseConfig, clock, log), clock });
  return { session, clock, log };
}

beforeEach(sealNet);
afterEach(checkNet);

test.each(['http://k', 'http://k/', 'http://k/v3', 'http://k/v3/'])('auth URL %s', (authUrl) => {
  expect(keystoneUrl({ ...baseConfig, authUrl })).toBe('http://k/v3');
});

test('password authentication, scoped by name and domain', async () => {
  let body: unknown;
  nock(KEYSTONE)
    .post('/v3/auth/tokens', (sent) => {
      body = sent;
      return true;
    })
    .reply(201, { token: { project: { id: 'p' }, catalog: [] } }, { 'X-Subject-Token': 't1' });
  const { session } = newSession();
  expect((await session.token()).value).toBe('t1');
  expect(body).toEqual({
    auth: {
      identity: {
        methods: ['password'],
        password: { user: { name: 'rewind', domain: { name: 'Default' }, password: PASSWORD } },
      },
      scope: { project: { name: 'service', domain: { name: 'Default' } } },
    },
  });
});

test('asks Keystone once however many wait', async () => {
  keystoneGives({ token: 't1' });
  const { session } = newSession();
  const tokens = await Promise.all(Array.from({ length: 50 }, () => session.token()));
  expect(new Set(tokens.map((token) => token.value))).toEqual(new Set(['t1']));
});

describe('renewal', () => {
  test.each([
    { lifeSeconds: 3_600, good: 3_479, renewed: 3_481 },
    { lifeSeconds: 60, good: 44, renewed: 46 },
    { lifeSeconds: 4, good: 2, renewed: 4 },
  ])('of a token of $lifeSeconds s', async ({ lifeSeconds, good, renewed }) => {
    keystoneGives({ token: 't1', lifeSeconds });
    const { session, clock } = newSession();
    await session.token();
    clock.advance(good * 1_000);
    expect((await session.token()).value).toBe('t1');
    keystoneGives({ token: 't2', lifeSeconds });
    clock.advance((renewed - good) * 1_000);
    expect((await session.token()).value).toBe('t2');
  });

  test('an hour of calls every second with 60-second tokens costs one log-in per 45 s', async () => {
    const keystone = keystoneGives({ token: 't', lifeSeconds: 60, times: 80 });
    const { session, clock } = newSession();
    for (let second = 0; second < 3_600; second++) {
      await session.token();
      clock.advance(1_000);
    }
    expect(keystone.isDone()).toBe(true);
  });

  test('keeps the old token while Keystone is away, until it has expired', async () => {
    keystoneGives({ token: 't1', lifeSeconds: 3_600 });
    const { session, clock } = newSession();
    await session.token();
    clock.advance(3_500_000);
    nock(KEYSTONE).post('/v3/auth/tokens').times(8).reply(503);
    expect((await session.token()).value).toBe('t1');
    clock.advance(100_000);
    await expect(session.token()).rejects.toMatchObject({ code: 'vm-backup.openstack.unavailable', retry: true });
  });
});

test('a refusal is remembered for ten seconds, then asked again', async () => {
  nock(KEYSTONE)
    .post('/v3/auth/tokens')
    .reply(401, { error: { code: 401, message: 'no', title: 'Unauthorized' } });
  const { session, clock, log } = newSession();
  for (let i = 0; i < 5; i++)
    await expect(session.token()).rejects.toMatchObject({
      ...{ code: 'vm-backup.openstack.unauthorized', fault: 'errored' },
      // 401 would tell the caller that his own token is wrong.
      status: 500,
    });
  clock.advance(10_001);
  keystoneGives({ token: 't1' });
  expect((await session.token()).value).toBe('t1');
  expect(log.lines.join()).not.toContain(PASSWORD);
});

test('invalidating an older token does not throw the new one away', async () => {
  keystoneGives({ token: 't1' });
  const { session } = newSession();
  await session.token();
  session.invalidate('t0');
  expect((await session.token()).value).toBe('t1');
  keystoneGives({ token: 't2' });
  session.invalidate('t1');
  expect((await session.token()).value).toBe('t2');
});

test.each([
  ['no token header', { token: { project: { id: 'p' } } }, {}],
  ['no project', { token: {} }, { 'X-Subject-Token': 't' }],
  ['no JSON', '<html>', { 'X-Subject-Token': 't' }],
])('201 with %s', async (_, body, headers) => {
  nock(KEYSTONE).post('/v3/auth/tokens').reply(201, body, headers);
  await expect(newSession().session.token()).rejects.toMatchObject({ code: 'vm-backup.openstack.unavailable' });
});
