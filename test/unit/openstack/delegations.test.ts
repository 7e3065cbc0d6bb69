import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import nock from 'nock';
import { checkNet, KEYSTONE, keystoneGives, PASSWORD, sealNet, TENANT_PROJECT, world } from './world.ts';

const USER = 'a'.repeat(32);
const of = { userId: USER, projectId: TENANT_PROJECT, roles: ['member'] };
const keystone = () => nock(KEYSTONE);
const trustLogin = (trustId: string) =>
  keystone().post('/v3/auth/tokens', (body) => body.auth?.scope['OS-TRUST:trust']?.id === trustId);

beforeEach(sealNet);
afterEach(checkNet);

describe('a trust', () => {
  test('is made with the user’s token, for one project, with the roles told, not to be handed on', async () => {
    keystoneGives({ token: 'ours' });
    let asked: Record<string, unknown> = {};
    keystone()
      .post('/v3/OS-TRUST/trusts', (body) => {
        asked = body.trust;
        return true;
      })
      .matchHeader('X-Auth-Token', 'theirs')
      .reply(201, { trust: { id: 'abc' } });
    expect(await world().cloud.delegations.createTrust('theirs', of)).toBe('abc');
    expect(asked).toEqual({
      ...{ trustor_user_id: USER, trustee_user_id: '', project_id: TENANT_PROJECT },
      ...{ impersonation: true, allow_redelegation: false, roles: [{ name: 'member' }] },
    });
  });

  test.each([403, 404])('that Keystone does not make (%i) is none, and no error', async (status) => {
    keystoneGives({ token: 'ours' });
    keystone().post('/v3/OS-TRUST/trusts').reply(status, {});
    expect(await world().cloud.delegations.createTrust('theirs', of)).toBeUndefined();
  });

  test('gives a token of the user anew each time, and nothing of it is logged', async () => {
    const { cloud, log } = world();
    for (const token of ['canary-1', 'canary-2']) {
      const body = { user: { id: USER }, project: { id: TENANT_PROJECT }, roles: [{ name: 'member' }], catalog: [] };
      trustLogin('abc').reply(201, { token: body }, { 'X-Subject-Token': token });
      expect(await cloud.delegations.byTrust('abc')).toEqual({ userId: USER, roles: ['member'], token });
    }
    expect(log.lines.join('\n')).not.toMatch(new RegExp(`canary-\\d|${PASSWORD}`));
  });

  test.each([401, 403, 404])('that does not hold any more (%i) is told as lost rights', async (status) => {
    trustLogin('abc').reply(status, {});
    if (status !== 404) keystoneGives({ token: 'ours' });
    await expect(world().cloud.delegations.byTrust('abc')).rejects.toMatchObject({
      ...{ code: 'vm-backup.policy.rights-lost', fault: 'failed', retry: false },
    });
  });

  test('and our own wrong password is not taken for the user’s loss', async () => {
    trustLogin('abc').reply(401, {});
    keystone().post('/v3/auth/tokens').reply(401, {});
    await expect(world().cloud.delegations.byTrust('abc')).rejects.toMatchObject({
      code: 'vm-backup.openstack.unauthorized',
    });
  });

  test('is removed; one that is gone is fine; another’s id is not sent on', async () => {
    keystoneGives({ token: 'ours' });
    const { cloud } = world();
    for (const status of [204, 404]) {
      keystone().delete('/v3/OS-TRUST/trusts/abc').reply(status);
      await cloud.delegations.deleteTrust('abc');
    }
    await cloud.delegations.deleteTrust('../users/x');
    keystone().delete('/v3/OS-TRUST/trusts/abc').reply(403, {});
    await expect(cloud.delegations.deleteTrust('abc')).rejects.toMatchObject({ code: 'vm-backup.openstack.forbidden' });
  });
});

describe('by roles', () => {
  const says = (user: object, project: object, roles: string[]) => {
    keystone().get(`/v3/users/${USER}`).reply(200, { user });
    keystone().get(`/v3/projects/${TENANT_PROJECT}`).reply(200, { project });
    keystone()
      .get('/v3/role_assignments')
      .query(
        (query) => query['user.id'] === USER && query['scope.project.id'] === TENANT_PROJECT && 'effective' in query,
      )
      .optionally(!roles.length)
      .reply(200, { role_assignments: roles.map((name) => ({ role: { name } })) });
  };

  test('what the user has now and had then, with our own token of the project', async () => {
    keystoneGives({ token: 'ours' });
    says({ enabled: true }, { enabled: true }, ['member', 'admin']);
    keystoneGives({ token: 'in the project', projectId: TENANT_PROJECT });
    const acting = await world().cloud.delegations.byRoles(USER, TENANT_PROJECT, ['member', 'reader']);
    expect(acting).toEqual({ userId: USER, roles: ['member'], token: 'in the project' });
  });

  test.each([
    ['disabled', { enabled: false }, { enabled: true }],
    ['in a disabled project', { enabled: true }, { enabled: false }],
    ['without a role', { enabled: true }, { enabled: true }],
  ])('a user who is %s has lost his rights', async (_what, user, project) => {
    keystoneGives({ token: 'ours' });
    says(user, project, []);
    await expect(world().cloud.delegations.byRoles(USER, TENANT_PROJECT, ['member'])).rejects.toMatchObject({
      code: 'vm-backup.policy.rights-lost',
    });
  });

  const showsCredential = (status: number, credential: object) =>
    keystone()
      .get(`/v3/users/${USER}/application_credentials/ac1`)
      .reply(status, { application_credential: { id: 'ac1', project_id: TENANT_PROJECT, ...credential } });
  const withCredential = () => world().cloud.delegations.byRoles(USER, TENANT_PROJECT, ['member', 'reader'], 'ac1');

  test('with an application credential: never more than it has', async () => {
    keystoneGives({ token: 'ours' });
    says({ enabled: true }, { enabled: true }, ['member', 'reader']);
    showsCredential(200, { roles: [{ name: 'reader' }], expires_at: '2999-01-01T00:00:00.000000' });
    keystoneGives({ token: 'in the project', projectId: TENANT_PROJECT });
    expect(await withCredential()).toMatchObject({ userId: USER, roles: ['reader'] });
  });

  test.each([
    ['deleted', 404, { id: '' }],
    ['expired', 200, { roles: [{ name: 'member' }], expires_at: '2001-01-01T00:00:00.000000' }],
    ['of another project', 200, { roles: [{ name: 'member' }], project_id: 'other' }],
    ['without these roles', 200, { roles: [{ name: 'auditor' }] }],
  ])('an application credential that is %s is gone', async (_what, status, credential) => {
    keystoneGives({ token: 'ours' });
    says({ enabled: true }, { enabled: true }, ['member']);
    showsCredential(status, credential);
    await expect(withCredential()).rejects.toMatchObject({ code: 'vm-backup.policy.credential-gone' });
  });

  test('a user who is gone has, too', async () => {
    keystoneGives({ token: 'ours' });
    keystone().get(`/v3/users/${USER}`).reply(404, {});
    keystone()
      .get(`/v3/projects/${TENANT_PROJECT}`)
      .reply(200, { project: { enabled: true } });
    await expect(world().cloud.delegations.byRoles(USER, TENANT_PROJECT, ['member'])).rejects.toMatchObject({
      code: 'vm-backup.policy.rights-lost',
    });
  });
});
