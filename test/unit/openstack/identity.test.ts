import { afterEach, beforeEach, expect, test } from '@jest/globals';
import nock from 'nock';
import { checkNet, KEYSTONE, keystoneGives, sealNet, world } from './world.ts';

const body = {
  token: {
    user: { id: 'u1', name: 'demo' },
    project: { id: 'p1', name: 'demo' },
    roles: [{ id: '1', name: 'member' }, { name: 'reader' }],
    methods: ['password'],
    expires_at: '2030-01-01T00:00:00.000000Z',
    catalog: [{ type: 'compute' }, { type: 'vm-backup' }, { type: 'compute' }],
  },
};

const validation = (query = '') =>
  nock(KEYSTONE)
    .get(`/v3/auth/tokens${query}`)
    .matchHeader('X-Subject-Token', 'theirs')
    .matchHeader('OpenStack-Identity-Access-Rules', '1');

beforeEach(sealNet);
afterEach(checkNet);

test('a good token', async () => {
  keystoneGives({ token: 'ours' });
  validation().matchHeader('X-Auth-Token', 'ours').reply(200, body);
  expect(await world().cloud.identity.validateToken('theirs', false)).toEqual({
    userId: 'u1',
    userName: 'demo',
    projectId: 'p1',
    roles: ['member', 'reader'],
    methods: ['password'],
    expiresAt: '2030-01-01T00:00:00.000000Z',
    systemScope: false,
    catalogTypes: ['compute', 'vm-backup'],
    accessRules: null,
    trustId: null,
    credentialId: null,
    ofCertificate: false,
  });
});

test('a trust, a certificate', async () => {
  keystoneGives({ token: 'ours' });
  const more = { 'OS-TRUST:trust': { id: 't1' }, oauth2_credential: { 'x5t#S256': 'x' } };
  validation().reply(200, { token: { ...body.token, ...more } });
  const info = await world().cloud.identity.validateToken('theirs', false);
  expect(info).toMatchObject({ trustId: 't1', ofCertificate: true });
});

test('system scope, no project', async () => {
  keystoneGives({ token: 'ours' });
  validation().reply(200, { token: { ...body.token, project: undefined, system: { all: true } } });
  const info = await world().cloud.identity.validateToken('theirs', false);
  expect(info).toMatchObject({ projectId: null, systemScope: true });
});

test.each([
  [undefined, null],
  [[], []],
  [
    [{ id: 'r', method: 'GET', path: '/v1/**', service: 'vm-backup' }],
    [{ method: 'GET', path: '/v1/**', service: 'vm-backup' }],
  ],
])('access rules %j', async (rules, wanted) => {
  keystoneGives({ token: 'ours' });
  const credential = { id: 'c', ...(rules === undefined ? {} : { access_rules: rules }) };
  validation().reply(200, { token: { ...body.token, application_credential: credential } });
  expect((await world().cloud.identity.validateToken('theirs', false))?.accessRules).toEqual(wanted);
});

test('expired tokens on demand', async () => {
  keystoneGives({ token: 'ours' });
  validation('?allow_expired=1').reply(200, body);
  expect(await world().cloud.identity.validateToken('theirs', true)).toBeDefined();
});

test('404: not valid', async () => {
  keystoneGives({ token: 'ours' });
  validation().reply(404, { error: { code: 404, message: 'Failed to validate token' } });
  expect(await world().cloud.identity.validateToken('theirs', false)).toBeUndefined();
});

test('401 is about our own token: a new one, once', async () => {
  keystoneGives({ token: 'old' });
  keystoneGives({ token: 'new' });
  validation().matchHeader('X-Auth-Token', 'old').reply(401);
  validation().matchHeader('X-Auth-Token', 'new').reply(200, body);
  expect(await world().cloud.identity.validateToken('theirs', false)).toBeDefined();
});

test.each([401, 403])('%d for ever is never "not valid"', async (status) => {
  keystoneGives({ token: 'ours', times: status === 401 ? 2 : 1 });
  validation()
    .times(status === 401 ? 2 : 1)
    .reply(status);
  await expect(world().cloud.identity.validateToken('theirs', false)).rejects.toMatchObject({
    code: 'vm-backup.openstack.unavailable',
    fault: 'errored',
    status: 503,
  });
});

test.each([500, 503])('Keystone fails with %d', async (status) => {
  keystoneGives({ token: 'ours' });
  validation()
    .times(status === 503 ? 4 : 1)
    .reply(status);
  await expect(world().cloud.identity.validateToken('theirs', false)).rejects.toMatchObject({
    code: 'vm-backup.openstack.unavailable',
    retry: true,
  });
});

test('Keystone is not there', async () => {
  await expect(
    world({ authUrl: 'http://127.0.0.1:1' }).cloud.identity.validateToken('theirs', false),
  ).rejects.toMatchObject({ code: 'vm-backup.openstack.unavailable' });
});

test.each(['', 'a\nb', 'with space', 'ü', 'x'.repeat(8_193)])(
  '%j is no token: Keystone is not asked',
  async (token) => {
    expect(await world().cloud.identity.validateToken(token, false)).toBeUndefined();
  },
);
