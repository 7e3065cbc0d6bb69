import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import nock from 'nock';
import { CINDER, checkNet, keystoneGives, sealNet, TENANT_PROJECT, VOLUME_ID, world } from './world.ts';

const base = `/v3/${TENANT_PROJECT}`;
const path = `${base}/volumes/${VOLUME_ID}`;
const storage = () => world().cloud.tenant(TENANT_PROJECT).blockStorage;

beforeEach(() => {
  sealNet();
  keystoneGives({ token: 't', projectId: TENANT_PROJECT });
});
afterEach(checkNet);

test('shows a volume', async () => {
  const raw = {
    id: VOLUME_ID,
    name: '',
    status: 'in-use',
    size: 7,
    volume_type: 'ssd',
    bootable: 'true',
    encrypted: true,
    multiattach: true,
    availability_zone: 'nova',
    attachments: [{ server_id: 's1', device: '/dev/vdb', attachment_id: 'a1' }],
    metadata: { k: 'v' },
    volume_image_metadata: { hw_qemu_guest_agent: 'yes' },
    'os-vol-mig-status-attr:name_id': 'other-name',
    'os-vol-host-attr:host': 'ceph@rbd#rbd',
    'os-vol-tenant-attr:tenant_id': 'p9',
  };
  nock(CINDER).get(path).matchHeader('OpenStack-API-Version', 'volume 3.50').reply(200, { volume: raw });
  expect(await storage().volume(VOLUME_ID)).toEqual({
    id: VOLUME_ID,
    nameId: 'other-name',
    name: null,
    projectId: 'p9',
    status: 'in-use',
    sizeGiB: 7,
    volumeType: 'ssd',
    bootable: true,
    encrypted: true,
    multiattach: true,
    host: 'ceph@rbd#rbd',
    attachments: [{ serverId: 's1', device: '/dev/vdb' }],
    metadata: { k: 'v' },
    imageMetadata: { hw_qemu_guest_agent: 'yes' },
    availabilityZone: 'nova',
    raw,
  });
});

test('the name in Ceph is the id unless Cinder says otherwise', async () => {
  const volume = { id: VOLUME_ID, size: 1, 'os-vol-mig-status-attr:name_id': null };
  nock(CINDER).get(path).reply(200, { volume });
  expect((await storage().volume(VOLUME_ID))?.nameId).toBe(VOLUME_ID);
});

test('creates without nulls', async () => {
  nock(CINDER)
    .post(`${base}/volumes`, { volume: { size: 3, name: 'n', metadata: { op: '1' } } })
    .reply(202, { volume: { id: VOLUME_ID, status: 'creating', size: 3 } });
  const made = await storage().createVolume({
    name: 'n',
    description: null,
    sizeGiB: 3,
    volumeType: null,
    availabilityZone: null,
    metadata: { op: '1' },
  });
  expect(made).toMatchObject({ id: VOLUME_ID, status: 'creating', projectId: TENANT_PROJECT });
});

test('a create whose answer is lost is not repeated', async () => {
  nock(CINDER)
    .post(`${base}/volumes`)
    .replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
  const volume = { name: null, description: null, sizeGiB: 1, volumeType: null, availabilityZone: null, metadata: {} };
  await expect(storage().createVolume(volume)).rejects.toMatchObject({ code: 'vm-backup.openstack.unavailable' });
});

test.each([202, 404])('delete with %d is fine', async (status) => {
  nock(CINDER).delete(path).reply(status);
  await storage().deleteVolume(VOLUME_ID);
});

test('delete of an attached volume', async () => {
  nock(CINDER)
    .delete(path)
    .reply(400, { badRequest: { code: 400, message: 'Invalid volume: Volume status must be available or error' } });
  await expect(storage().deleteVolume(VOLUME_ID)).rejects.toMatchObject({
    code: 'vm-backup.openstack.conflict.status',
  });
});

describe('finding by metadata', () => {
  const row = (n: number, metadata: object = { op: '1' }, projectId = TENANT_PROJECT) => ({
    id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    size: 1,
    metadata,
    'os-vol-tenant-attr:tenant_id': projectId,
  });
  const page = (marker: string | undefined, rows: object[], links?: object[]) =>
    nock(CINDER)
      .get(`${base}/volumes/detail`)
      .query({ metadata: '{"op":"1"}', limit: '500', ...(marker === undefined ? {} : { marker }) })
      .reply(200, { volumes: rows, ...(links === undefined ? {} : { volumes_links: links }) });
  const next = [{ rel: 'next', href: 'http://evil.test/next' }];

  test('goes through all pages, by marker, not by link', async () => {
    const all = Array.from({ length: 1_001 }, (_, i) => row(i));
    page(undefined, all.slice(0, 500));
    page(all[499]!.id, all.slice(500, 1_000), next);
    page(all[999]!.id, all.slice(1_000));
    expect(await storage().findVolumes({ op: '1' })).toHaveLength(1_001);
  });

  test('goes on when the cloud caps pages below what was asked', async () => {
    page(undefined, [row(1)], next);
    page(row(1).id, [row(2)], next);
    page(row(2).id, []);
    expect(await storage().findVolumes({ op: '1' })).toHaveLength(2);
  });

  test('does not believe the filter', async () => {
    page(undefined, [row(1), row(2, { op: '2' }), row(3, {}), row(4, { op: '1' }, 'another-project')]);
    expect((await storage().findVolumes({ op: '1' })).map((volume) => volume.id)).toEqual([row(1).id]);
  });

  test('a list that goes in a circle ends', async () => {
    page(undefined, [row(1)], next);
    page(row(1).id, [row(1)], next);
    await expect(storage().findVolumes({ op: '1' })).rejects.toMatchObject({
      code: 'vm-backup.openstack.unavailable',
      cause: new Error('the list of volumes does not end'),
    });
  });

  test('looks through all volumes where the operator took the filter away', async () => {
    nock(CINDER)
      .get(`${base}/volumes/detail`)
      .query({ metadata: '{"op":"1"}', limit: '500' })
      .reply(400, { badRequest: { code: 400, message: 'Invalid filters metadata are found in query options.' } });
    nock(CINDER)
      .get(`${base}/volumes/detail`)
      .query({ limit: '500' })
      .reply(200, { volumes: [row(1), row(2, {})] });
    expect(await storage().findVolumes({ op: '1' })).toHaveLength(1);
  });
});

test('snapshots of a volume, whoever made them', async () => {
  nock(CINDER)
    .get(`${base}/snapshots`)
    .query({ volume_id: VOLUME_ID, all_tenants: '1', limit: '500' })
    .reply(200, {
      snapshots: [
        { id: 's1', status: 'available', volume_id: VOLUME_ID },
        { id: 's2', status: 'available', volume_id: 'another' },
      ],
    });
  expect(await storage().snapshotsOf(VOLUME_ID)).toEqual([{ id: 's1', status: 'available' }]);
});

test.each([
  ['resetStatus', 'maintenance', { 'os-reset_status': { status: 'maintenance' } }],
  ['setBootable', true, { 'os-set_bootable': { bootable: true } }],
  ['setImageMetadata', { a: 'b' }, { 'os-set_image_metadata': { metadata: { a: 'b' } } }],
] as const)('%s', async (name, value, body) => {
  nock(CINDER).post(`${path}/action`, body).reply(200);
  await (storage()[name] as (id: string, value: unknown) => Promise<void>)(VOLUME_ID, value);
});

test('no image metadata: nothing is asked', async () => {
  nock.cleanAll();
  await storage().setImageMetadata(VOLUME_ID, {});
});
