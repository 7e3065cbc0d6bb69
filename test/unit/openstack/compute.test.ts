import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import nock from 'nock';
import { checkNet, keystoneGives, NOVA, novaOffers, SERVER_ID, sealNet, VOLUME_ID, world } from './world.ts';

const path = `/v2.1/servers/${SERVER_ID}`;
const raw = {
  id: SERVER_ID,
  name: 'web',
  tenant_id: 'p1',
  user_id: 'u1',
  status: 'ACTIVE',
  image: '',
  locked: true,
  locked_reason: 'rewind op-1',
  'OS-EXT-STS:task_state': null,
  'OS-EXT-STS:vm_state': 'active',
  'OS-EXT-STS:power_state': 1,
  'OS-EXT-SRV-ATTR:host': 'compute-1',
  'OS-EXT-SRV-ATTR:root_device_name': '/dev/vda',
  'os-extended-volumes:volumes_attached': [{ id: VOLUME_ID, delete_on_termination: true }],
  something_new: { a: 1 },
};
const attachments = [{ volumeId: VOLUME_ID, device: '/dev/vda', delete_on_termination: true, serverId: SERVER_ID }];

beforeEach(() => {
  sealNet();
  keystoneGives({ token: 't' });
});
afterEach(checkNet);

test.each([
  ['2.104', '2.90', '2.89'],
  ['2.93', '2.90', '2.89'],
  ['2.79', '2.79', '2.79'],
])('shows a server of a cloud with %s', async (offered, show, listing) => {
  novaOffers(offered);
  nock(NOVA).get(path).matchHeader('OpenStack-API-Version', `compute ${show}`).reply(200, { server: raw });
  nock(NOVA)
    .get(`${path}/os-volume_attachments`)
    .matchHeader('OpenStack-API-Version', `compute ${listing}`)
    .reply(200, { volumeAttachments: attachments });
  expect(await world().cloud.admin.compute.server(SERVER_ID)).toEqual({
    id: SERVER_ID,
    name: 'web',
    projectId: 'p1',
    userId: 'u1',
    status: 'ACTIVE',
    taskState: null,
    vmState: 'active',
    powerState: 1,
    locked: true,
    lockedReason: 'rewind op-1',
    host: 'compute-1',
    hostStatus: null,
    imageId: null,
    rootDeviceName: '/dev/vda',
    volumes: [{ volumeId: VOLUME_ID, device: '/dev/vda', deleteOnTermination: true }],
    raw,
  });
});

test.each([
  [undefined, {}],
  ['p1', { all_tenants: 'true', project_id: 'p1' }],
  [null, { all_tenants: 'true' }],
])('lists servers of %p, all pages', async (project, query) => {
  novaOffers('2.93');
  const one = { ...raw, tags: ['prod'], metadata: { a: 'b' }, created: '2026-01-01T00:00:00Z' };
  const pages = nock(NOVA).get('/v2.1/servers/detail');
  pages.query({ ...query, limit: '500' }).reply(200, { servers: [one], servers_links: [{ rel: 'next', href: 'x' }] });
  nock(NOVA)
    .get('/v2.1/servers/detail')
    .query({ ...query, limit: '500', marker: SERVER_ID })
    .reply(200, { servers: [{ id: VOLUME_ID, name: 'bare', tenant_id: 'p1', status: 'SHUTOFF' }] });
  expect(await world().cloud.admin.compute.servers(project)).toEqual([
    {
      ...{ id: SERVER_ID, name: 'web', projectId: 'p1', status: 'ACTIVE' },
      ...{ tags: ['prod'], metadata: { a: 'b' }, createdAt: '2026-01-01T00:00:00Z' },
    },
    { id: VOLUME_ID, name: 'bare', projectId: 'p1', status: 'SHUTOFF', tags: [], metadata: {}, createdAt: null },
  ]);
});

test('no server, or none any more', async () => {
  novaOffers('2.93');
  const no = { itemNotFound: { code: 404, message: 'no' } };
  nock(NOVA).get(path).twice().reply(404, no);
  nock(NOVA).get(path).twice().reply(200, { server: raw });
  nock(NOVA).get(`${path}/os-volume_attachments`).twice().reply(404, no);
  const { compute } = world().cloud.admin;
  expect(await compute.serverState(SERVER_ID)).toBeUndefined();
  expect(await compute.server(SERVER_ID)).toBeUndefined();
  expect(await compute.server(SERVER_ID)).toBeUndefined();
  expect(await compute.serverState(SERVER_ID)).toMatchObject({ id: SERVER_ID, status: 'ACTIVE', raw });
});

test.each([
  ['HTML', '<html>hello</html>'],
  ['another server', { server: { ...raw, id: VOLUME_ID } }],
  ['nothing', ''],
  ['a list', []],
])('200 with %s is no answer', async (_, body) => {
  novaOffers('2.93');
  nock(NOVA).get(path).reply(200, body);
  await expect(world().cloud.admin.compute.serverState(SERVER_ID)).rejects.toMatchObject({
    code: 'vm-backup.openstack.unavailable',
    retry: true,
    cause: expect.objectContaining({ message: expect.stringMatching(/200 without JSON|another server/) }),
  });
});

test('servers that changed, of all projects, the deleted too', async () => {
  novaOffers('2.93');
  nock(NOVA)
    .get('/v2.1/servers/detail')
    .query({ all_tenants: 'true', 'changes-since': '2026-01-01T00:00:00Z', limit: '500' })
    .reply(200, {
      servers: [
        { id: 's1', 'OS-EXT-STS:task_state': 'rebuilding' },
        { id: 's2', status: 'DELETED', 'OS-EXT-STS:task_state': null },
      ],
    });
  expect(await world().cloud.admin.compute.changedServers('2026-01-01T00:00:00Z')).toEqual([
    { id: 's1', taskState: 'rebuilding', status: 'UNKNOWN' },
    { id: 's2', taskState: null, status: 'DELETED' },
  ]);
});

describe('what a server is at', () => {
  const action = (name: string, id: string, message: string | null = null) => ({
    ...{ action: name, request_id: id, message, start_time: '2026-01-01T00:00:00.000000', instance_uuid: SERVER_ID },
  });
  const asked = (events: object[], message: string | null = null) => {
    novaOffers('2.93');
    const newest = action('rebuild', 'req-2', message);
    const instanceActions = [action('lock', 'req-3'), newest, action('evacuate', 'req-1')];
    nock(NOVA).get(`${path}/os-instance-actions`).reply(200, { instanceActions });
    nock(NOVA)
      .get(`${path}/os-instance-actions/req-2`)
      .reply(200, { instanceAction: { ...newest, events } });
    return world().cloud.admin.compute.rebuildAsked(SERVER_ID);
  };
  const conductor = { event: 'rebuild_server', finish_time: 'then', result: 'Success' };
  const host = { event: 'compute_rebuild_instance', finish_time: null, result: null };

  test.each([
    ['nothing began', [], null, false],
    ['the conductor is done', [conductor], null, false],
    ['the host is at it', [conductor, host], null, false],
    ['the host is done', [conductor, { ...host, finish_time: 'then', result: 'Success' }], null, true],
    ['the conductor failed', [{ ...conductor, result: 'Error' }], null, true],
    ['it failed', [], 'Error', true],
  ])('the newest rebuild or evacuation, whatever came after it: %s', async (_how, events, message, over) => {
    expect(await asked(events, message)).toEqual({
      ...{ action: 'rebuild', requestId: 'req-2', startedAt: '2026-01-01T00:00:00.000000', over },
    });
  });

  test('none was asked for', async () => {
    novaOffers('2.93');
    nock(NOVA)
      .get(`${path}/os-instance-actions`)
      .reply(200, { instanceActions: [action('create', 'req-1')] });
    expect(await world().cloud.admin.compute.rebuildAsked(SERVER_ID)).toBeUndefined();
  });

  test('where it is taken', async () => {
    novaOffers('2.93');
    const one = { migration_type: 'evacuation', status: 'accepted', created_at: 'then' };
    nock(NOVA)
      .get('/v2.1/os-migrations')
      .query({ instance_uuid: SERVER_ID, limit: '50' })
      .reply(200, {
        migrations: [
          { ...one, instance_uuid: SERVER_ID },
          { ...one, instance_uuid: VOLUME_ID },
        ],
      });
    expect(await world().cloud.admin.compute.migrations(SERVER_ID)).toEqual([
      { type: 'evacuation', status: 'accepted', createdAt: 'then' },
    ]);
  });
});

test('a cloud that is too old says so', async () => {
  novaOffers('2.72');
  await expect(world().cloud.admin.compute.server(SERVER_ID)).rejects.toMatchObject({
    code: 'vm-backup.openstack.too-old',
    fault: 'errored',
  });
});

test('a failed discovery is not remembered', async () => {
  nock(NOVA).get('/v2.1/').reply(500);
  const { compute } = world().cloud.admin;
  await expect(compute.stopServer(SERVER_ID)).rejects.toMatchObject({ retry: true });
  novaOffers('2.93');
  nock(NOVA).post(`${path}/action`).reply(202);
  await compute.stopServer(SERVER_ID);
});

describe('actions', () => {
  test.each([
    ['stopServer', { 'os-stop': null }],
    ['startServer', { 'os-start': null }],
    ['rebootServer', { reboot: { type: 'HARD' } }],
    ['unlockServer', { unlock: null }],
  ] as const)('%s', async (name, body) => {
    novaOffers('2.93');
    nock(NOVA).post(`${path}/action`, body).matchHeader('OpenStack-API-Version', 'compute 2.79').reply(202);
    await world().cloud.admin.compute[name](SERVER_ID);
  });

  test('lock with a reason', async () => {
    novaOffers('2.93');
    nock(NOVA)
      .post(`${path}/action`, { lock: { locked_reason: 'rewind op-1' } })
      .reply(202);
    await world().cloud.admin.compute.lockServer(SERVER_ID, 'rewind op-1');
  });

  test('a state written into the database, and nothing else', async () => {
    novaOffers('2.93');
    nock(NOVA)
      .post(`${path}/action`, { 'os-resetState': { state: 'active' } })
      .reply(202);
    await world().cloud.admin.compute.resetState(SERVER_ID, 'active');
  });

  test('refusal', async () => {
    novaOffers('2.93');
    nock(NOVA)
      .post(`${path}/action`)
      .reply(409, { conflictingRequest: { code: 409, message: "Cannot 'start' instance" } });
    await expect(world().cloud.admin.compute.startServer(SERVER_ID)).rejects.toMatchObject({
      code: 'vm-backup.openstack.conflict',
      fault: 'failed',
      status: 409,
    });
  });
});

test.each([
  ['2.93', '2.79', 200, undefined, { volumeId: VOLUME_ID }],
  [
    '2.104',
    '2.101',
    202,
    { deleteOnTermination: true, tag: 'x' },
    { volumeId: VOLUME_ID, delete_on_termination: true, tag: 'x' },
  ],
])('attaches with %s', async (offered, version, status, how, volumeAttachment) => {
  novaOffers(offered);
  nock(NOVA)
    .post(`${path}/os-volume_attachments`, { volumeAttachment })
    .matchHeader('OpenStack-API-Version', `compute ${version}`)
    .reply(status);
  await world().cloud.admin.compute.attachVolume(SERVER_ID, VOLUME_ID, how);
});

test('detaches', async () => {
  novaOffers('2.93');
  nock(NOVA).delete(`${path}/os-volume_attachments/${VOLUME_ID}`).reply(202);
  await world().cloud.admin.compute.detachVolume(SERVER_ID, VOLUME_ID);
});
