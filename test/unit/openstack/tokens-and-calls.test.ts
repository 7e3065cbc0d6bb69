import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import nock from 'nock';
import {
  CINDER,
  checkNet,
  KEYSTONE,
  keystoneGives,
  NOVA,
  novaOffers,
  SERVER_ID,
  SERVICE_PROJECT,
  scopeMatches,
  sealNet,
  TENANT_PROJECT,
  VOLUME_ID,
  world,
} from './world.ts';

const volumePath = (project: string) => `/v3/${project}/volumes/${VOLUME_ID}`;
const volume = { volume: { id: VOLUME_ID, status: 'available', size: 1 } };

beforeEach(sealNet);
afterEach(checkNet);

describe('a 401 of a service', () => {
  test('costs one new token, then all is well', async () => {
    keystoneGives({ token: 'old' });
    keystoneGives({ token: 'new' });
    nock(CINDER).get(volumePath(SERVICE_PROJECT)).matchHeader('X-Auth-Token', 'old').reply(401);
    nock(CINDER).get(volumePath(SERVICE_PROJECT)).matchHeader('X-Auth-Token', 'new').reply(200, volume);
    const { cloud } = world();
    expect(await cloud.admin.blockStorage.volume(VOLUME_ID)).toMatchObject({ id: VOLUME_ID });
  });

  test('for ever: one re-authentication a call, no storm', async () => {
    const logins = keystoneGives({ token: 't', times: 2 });
    nock(CINDER)
      .get(volumePath(SERVICE_PROJECT))
      .times(2)
      .reply(401, { error: { message: 'no' } });
    const { cloud } = world();
    await expect(cloud.admin.blockStorage.volume(VOLUME_ID)).rejects.toMatchObject({
      code: 'vm-backup.openstack.unauthorized',
      fault: 'errored',
    });
    expect(logins.isDone()).toBe(true);
  });

  test('for a caller with a bad token: no re-authentication at all', async () => {
    keystoneGives({ token: 'ours' });
    nock(CINDER).get(volumePath(TENANT_PROJECT)).times(2).reply(401);
    const { cloud } = world();
    await expect(cloud.caller('theirs', TENANT_PROJECT).blockStorage.volume(VOLUME_ID)).rejects.toMatchObject({
      status: 401,
      fault: 'failed',
    });
  });
});

describe('a caller', () => {
  test('speaks with his token and our service token, at our endpoints, in his project', async () => {
    keystoneGives({ token: 'ours' });
    nock(CINDER)
      .get(volumePath(TENANT_PROJECT))
      .matchHeader('X-Auth-Token', 'theirs')
      .matchHeader('X-Service-Token', 'ours')
      .reply(200, volume);
    const { cloud } = world();
    const found = await cloud.caller('theirs', TENANT_PROJECT).blockStorage.volume(VOLUME_ID);
    expect(found?.projectId).toBe(TENANT_PROJECT);
  });

  test.each(['', 'a\r\nX-Evil: 1', 'a b', 'é', 'x'.repeat(9_000)])('with a malformed token is not sent on', (token) => {
    expect(() => world().cloud.caller(token, TENANT_PROJECT)).toThrow(expect.objectContaining({ status: 401 }));
  });

  test.each(['../../x', 'a/b', '..', '?x'])('with project id %s reaches nothing', async (projectId) => {
    keystoneGives({ token: 'ours' });
    const { blockStorage } = world().cloud.caller('theirs', projectId);
    expect(await blockStorage.volume(VOLUME_ID)).toBeUndefined();
  });
});

describe('a tenant session', () => {
  test('is scoped to the project and kept', async () => {
    keystoneGives({ token: 'scoped', projectId: TENANT_PROJECT });
    nock(CINDER).get(volumePath(TENANT_PROJECT)).times(2).matchHeader('X-Auth-Token', 'scoped').reply(200, volume);
    const { cloud } = world();
    await cloud.tenant(TENANT_PROJECT).blockStorage.volume(VOLUME_ID);
    await cloud.tenant(TENANT_PROJECT).blockStorage.volume(VOLUME_ID);
  });

  const refused = (times = 1) =>
    nock(KEYSTONE)
      .post('/v3/auth/tokens', (body) => scopeMatches(body, TENANT_PROJECT))
      .times(times)
      .reply(401, { error: { code: 401, message: 'The request you have made requires authentication.' } });

  test('without a role says so, and does not ask again at once', async () => {
    refused();
    keystoneGives({ token: 'admin' });
    const { cloud } = world();
    for (let i = 0; i < 3; i++)
      await expect(cloud.tenant(TENANT_PROJECT).blockStorage.volume(VOLUME_ID)).rejects.toMatchObject({
        code: 'vm-backup.openstack.no-role-in-project',
        fault: 'errored',
        hint: expect.stringContaining('--inherited'),
      });
  });

  test('with a wrong password does not blame the role', async () => {
    nock(KEYSTONE).post('/v3/auth/tokens').times(2).reply(401);
    const { cloud } = world();
    await expect(cloud.tenant(TENANT_PROJECT).blockStorage.volume(VOLUME_ID)).rejects.toMatchObject({
      code: 'vm-backup.openstack.unauthorized',
    });
  });
});

describe('where tokens go', () => {
  test('no redirect is followed, however it is made', async () => {
    keystoneGives({ token: 'canary-token' });
    const evil = nock('http://evil.test').get(/.*/).reply(200, volume);
    nock(CINDER).get(volumePath(SERVICE_PROJECT)).reply(302, '', { Location: 'http://evil.test/v3/x' });
    nock(CINDER).delete(volumePath(SERVICE_PROJECT)).reply(307, '', { Location: '//evil.test/v3/x' });
    const { cloud, log } = world();
    const { blockStorage } = cloud.admin;
    await expect(blockStorage.volume(VOLUME_ID)).rejects.toMatchObject({ code: 'vm-backup.openstack.unavailable' });
    await expect(blockStorage.deleteVolume(VOLUME_ID)).rejects.toMatchObject({ retry: true });
    expect(evil.isDone()).toBe(false);
    expect(log.lines.join()).not.toContain('canary');
    nock.cleanAll();
  });

  test('addresses in answers are not used: version links, next links, Location', async () => {
    keystoneGives({ token: 't' });
    novaOffers('2.93');
    nock(NOVA)
      .post(`/v2.1/servers/${SERVER_ID}/action`, { 'os-stop': null })
      .reply(202, '', { Location: 'http://evil.test/' });
    const { cloud } = world();
    await cloud.admin.compute.stopServer(SERVER_ID);
  });

  test.each(['../../../v3/users', '..', '%2e%2e', 'a/b', 'x?y', ''])('the id %j is not sent', async (id) => {
    keystoneGives({ token: 't' });
    const { cloud } = world();
    expect(await cloud.admin.blockStorage.volume(id)).toBeUndefined();
  });
});

describe('request ids', () => {
  const id = 'req-0a1b2c3d-0000-4000-8000-00000000000f';

  test('the global one is sent on every call of the view', async () => {
    keystoneGives({ token: 't' });
    nock(CINDER).get(volumePath(SERVICE_PROJECT)).matchHeader('X-OpenStack-Request-ID', id).reply(200, volume);
    await world().cloud.withRequestId(id).admin.blockStorage.volume(VOLUME_ID);
  });

  test.each(['evil\r\nX: y', 'req-1', ''])('one like %j is not', async (bad) => {
    keystoneGives({ token: 't' });
    nock(CINDER, { badheaders: ['x-openstack-request-id'] })
      .get(volumePath(SERVICE_PROJECT))
      .reply(200, volume);
    await world().cloud.withRequestId(bad).admin.blockStorage.volume(VOLUME_ID);
  });

  test('the upstream one is logged, the tokens are not', async () => {
    keystoneGives({ token: 'canary-token' });
    nock(CINDER).get(volumePath(SERVICE_PROJECT)).reply(500, 'boom', { 'X-OpenStack-Request-ID': 'req-theirs' });
    const { cloud, log } = world();
    const error: Error = await cloud.admin.blockStorage.volume(VOLUME_ID).then(
      () => new Error('no error'),
      (e) => e,
    );
    expect(log.lines.join()).toContain('req-theirs');
    expect(`${log.lines.join()} ${error.message} ${error.cause}`).not.toContain('canary');
  });
});
