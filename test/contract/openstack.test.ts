import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { OpenStack } from '../../src/adapters/openstack/cloud.ts';
import type { NewVolume } from '../../src/ports/openstack.ts';
import { bootServer, eventually, type LabUser, labCloud, labUser, useLab } from './openstack-lab.ts';

const NOWHERE = '11111111-1111-4111-8111-111111111111';
const mark = { rewind_contract: randomUUID() };
const wanted: NewVolume = {
  name: 'contract',
  description: null,
  sizeGiB: 1,
  volumeType: null,
  availabilityZone: null,
  metadata: mark,
};
/** Or exacter. */
const code = (name: string) =>
  expect.objectContaining({ code: expect.stringMatching(`^vm-backup\\.openstack\\.${name}(\\..+)?$`) });

const onLab = useLab ? describe : describe.skip;

jest.setTimeout(300_000);

onLab('a real OpenStack', () => {
  let cloud: OpenStack;
  let demo: LabUser;

  beforeAll(async () => {
    cloud = labCloud();
    demo = await labUser('demo');
  });
  afterAll(async () => {
    const { blockStorage } = cloud.tenant(demo.projectId);
    for (const volume of await blockStorage.findVolumes(mark)) {
      if (volume.status === 'maintenance') await cloud.admin.blockStorage.resetStatus(volume.id, 'available');
      await blockStorage.deleteVolume(volume.id);
    }
    cloud.close();
  });

  const newVolume = async (): Promise<string> => {
    const { blockStorage } = cloud.tenant(demo.projectId);
    const { id } = await blockStorage.createVolume(wanted);
    await volumeIs(id, 'available');
    return id;
  };
  const volumeIs = (id: string, status: string) =>
    eventually(
      () => cloud.admin.blockStorage.volume(id),
      (volume) => volume?.status === status,
    );

  describe('Keystone', () => {
    test('says who holds a token', async () => {
      expect(await cloud.identity.validateToken(demo.token, false)).toMatchObject({
        userId: demo.userId,
        userName: 'demo',
        projectId: demo.projectId,
        roles: expect.arrayContaining(['member', 'reader']),
        methods: ['password'],
        systemScope: false,
        catalogTypes: expect.arrayContaining(['compute', 'vm-backup']),
        accessRules: null,
      });
    });

    test('knows no made-up token', async () => {
      expect(await cloud.identity.validateToken('gAAAAABnothing', false)).toBeUndefined();
      expect(await cloud.identity.validateToken('x', true)).toBeUndefined();
    });

    test('knows no revoked token', async () => {
      const { token, tokensUrl } = await labUser('demo');
      expect(await cloud.identity.validateToken(token, false)).toBeDefined();
      await fetch(tokensUrl, { method: 'DELETE', headers: { 'X-Auth-Token': token, 'X-Subject-Token': token } });
      expect(await cloud.identity.validateToken(token, false)).toBeUndefined();
    });

    test('shows the access rules of an application credential', async () => {
      const access_rules = [{ method: 'GET', path: '/v1/**', service: 'vm-backup' }];
      const made = await demo.call('identity', 'POST', `/users/${demo.userId}/application_credentials`, {
        application_credential: { name: randomUUID(), access_rules },
      });
      const { id, secret } = made.body.application_credential;
      try {
        const identity = { methods: ['application_credential'], application_credential: { id, secret } };
        const answer = await fetch(demo.tokensUrl, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ auth: { identity } }),
        });
        const info = await cloud.identity.validateToken(answer.headers.get('x-subject-token')!, false);
        expect(info).toMatchObject({ methods: ['application_credential'], accessRules: access_rules });
      } finally {
        await demo.call('identity', 'DELETE', `/users/${demo.userId}/application_credentials/${id}`);
      }
    });

    test('lets Rewind into no project where it has no role', async () => {
      await expect(cloud.tenant('f'.repeat(32)).blockStorage.findVolumes({})).rejects.toEqual(
        code('no-role-in-project'),
      );
    });
  });

  describe('Cinder', () => {
    test('makes, finds and deletes a volume of the tenant', async () => {
      const { blockStorage } = cloud.tenant(demo.projectId);
      const id = await newVolume();
      const found = await blockStorage.findVolumes(mark);
      expect(found.map((volume) => volume.id)).toEqual([id]);
      expect(found[0]).toMatchObject({ nameId: id, projectId: demo.projectId, sizeGiB: 1, metadata: mark });
      expect(await cloud.admin.blockStorage.findVolumes(mark)).toEqual([]);

      await blockStorage.setBootable(id, true);
      await blockStorage.setImageMetadata(id, { hw_qemu_guest_agent: 'yes' });
      expect(await cloud.admin.blockStorage.volume(id)).toMatchObject({
        bootable: true,
        encrypted: false,
        imageMetadata: { hw_qemu_guest_agent: 'yes' },
        host: expect.stringContaining('#'),
        projectId: demo.projectId,
      });

      await blockStorage.deleteVolume(id);
      await eventually(
        () => blockStorage.volume(id),
        (volume) => volume === undefined,
      );
      await blockStorage.deleteVolume(id);
    });

    test('guards a volume in maintenance against its owner', async () => {
      const id = await newVolume();
      const { blockStorage } = cloud.tenant(demo.projectId);
      await expect(blockStorage.resetStatus(id, 'maintenance')).rejects.toEqual(code('forbidden'));
      await cloud.admin.blockStorage.resetStatus(id, 'maintenance');
      expect(await blockStorage.volume(id)).toMatchObject({ status: 'maintenance' });
      await expect(blockStorage.deleteVolume(id)).rejects.toEqual(code('conflict'));
      await cloud.admin.blockStorage.resetStatus(id, 'available');
      await blockStorage.deleteVolume(id);
    });

    test('tells an admin of snapshots', async () => {
      const id = await newVolume();
      const made = await demo.call('block-storage', 'POST', '/snapshots', { snapshot: { volume_id: id } });
      const snapshotId = made.body.snapshot.id;
      const mine = [expect.objectContaining({ id: snapshotId })];
      expect(await cloud.admin.blockStorage.snapshotsOf(id)).toEqual(mine);
      expect(await cloud.tenant(demo.projectId).blockStorage.snapshotsOf(id)).toEqual(mine);
      await eventually(
        () => cloud.admin.blockStorage.snapshotsOf(id),
        ([snapshot]) => snapshot?.status === 'available',
      );
      await demo.call('block-storage', 'DELETE', `/snapshots/${snapshotId}`);
      await eventually(
        () => cloud.admin.blockStorage.snapshotsOf(id),
        (snapshots) => snapshots.length === 0,
      );
      await cloud.admin.blockStorage.deleteVolume(id);
    });

    test('refuses what is beyond the quota', async () => {
      const { blockStorage } = cloud.tenant(demo.projectId);
      await expect(blockStorage.createVolume({ ...wanted, sizeGiB: 1_000_000 })).rejects.toEqual(code('over-quota'));
    });

    test('shows callers their own volumes only', async () => {
      const id = await newVolume();
      const other = await labUser('other');
      expect(await cloud.caller(demo.token, demo.projectId).blockStorage.volume(id)).toMatchObject({ id });
      expect(await cloud.caller(other.token, other.projectId).blockStorage.volume(id)).toBeUndefined();
      await expect(cloud.caller('gAAAAAnothing', demo.projectId).blockStorage.volume(id)).rejects.toEqual(
        code('unauthorized'),
      );
      await expect(cloud.caller(other.token, demo.projectId).blockStorage.volume(id)).rejects.toEqual(
        code('bad-request'),
      );
      await cloud.admin.blockStorage.deleteVolume(id);
    });
  });

  describe('Nova', () => {
    let serverId: string;
    const server = () => cloud.admin.compute.server(serverId);
    const serverIs = (status: string) =>
      eventually(server, (seen) => seen?.status === status && seen.taskState === null);

    beforeAll(async () => {
      serverId = await bootServer(demo, 'contract');
      await serverIs('ACTIVE');
    });
    afterAll(async () => {
      await cloud.admin.compute.unlockServer(serverId);
      await demo.call('compute', 'DELETE', `/servers/${serverId}`);
      await eventually(server, (seen) => seen === undefined);
    });

    test('has no such server', async () => {
      expect(await cloud.admin.compute.server(NOWHERE)).toBeUndefined();
      await expect(cloud.admin.compute.stopServer(NOWHERE)).rejects.toEqual(code('not-found'));
    });

    test('is among the servers that changed', async () => {
      const anHourAgo = new Date(Date.now() - 3_600_000).toISOString();
      const changed = await cloud.admin.compute.changedServers(anHourAgo);
      expect(changed).toContainEqual({ id: serverId, status: 'ACTIVE', taskState: null });
      const soon = new Date(Date.now() + 3_600_000).toISOString();
      expect(await cloud.admin.compute.changedServers(soon)).toEqual([]);
    });

    test("shows a server to its owner and to Rewind, and to no other tenant's token", async () => {
      expect(await server()).toMatchObject({ projectId: demo.projectId, locked: false, host: expect.any(String) });
      expect(await cloud.tenant(demo.projectId).compute.server(serverId)).toMatchObject({ host: null });
      const other = await labUser('other');
      expect(await cloud.caller(other.token, other.projectId).compute.server(serverId)).toBeUndefined();
    });

    test("lets Rewind attach a tenant's volume, and a locked, stopped server obeys Rewind only", async () => {
      const volumeId = await newVolume();
      const { compute } = cloud.admin;
      const tenant = cloud.tenant(demo.projectId).compute;
      await compute.stopServer(serverId);
      await serverIs('SHUTOFF');
      await compute.lockServer(serverId, 'rewind contract');
      expect(await server()).toMatchObject({ locked: true, lockedReason: 'rewind contract' });
      await expect(tenant.startServer(serverId)).rejects.toEqual(code('conflict'));
      await expect(tenant.attachVolume(serverId, volumeId)).rejects.toEqual(code('conflict'));
      await tenant.unlockServer(serverId).then(
        () => expect('unlocked').toBe('refused'),
        (error) => expect(error).toEqual(code('forbidden')),
      );

      await compute.attachVolume(serverId, volumeId);
      expect(await volumeIs(volumeId, 'in-use')).toMatchObject({
        projectId: demo.projectId,
        attachments: [{ serverId, device: expect.stringContaining('/dev/') }],
      });
      expect((await server())?.volumes).toEqual([
        { volumeId, device: expect.stringContaining('/dev/vd'), deleteOnTermination: false },
      ]);
      await expect(compute.attachVolume(serverId, volumeId)).rejects.toEqual(code('conflict'));
      await expect(cloud.admin.blockStorage.deleteVolume(volumeId)).rejects.toEqual(code('conflict'));

      await expect(tenant.detachVolume(serverId, volumeId)).rejects.toEqual(code('conflict'));
      await compute.detachVolume(serverId, volumeId);
      await volumeIs(volumeId, 'available');
      await compute.startServer(serverId);
      await serverIs('ACTIVE');
      await expect(compute.startServer(serverId)).rejects.toEqual(code('conflict'));
      await compute.unlockServer(serverId);
      await cloud.admin.blockStorage.deleteVolume(volumeId);
    });

    test('tells what a new server would need', async () => {
      const environment = await cloud.environment((await server())!);
      expect(environment).toMatchObject({
        server: { id: serverId, 'OS-EXT-SRV-ATTR:host': expect.any(String) },
        flavor: { id: expect.any(String), original_name: 'lab.small', vcpus: 1, ram: 256, extra_specs: {} },
        image: { name: 'lab' },
        ports: [],
        keypair: null,
        serverGroup: null,
        tags: [],
      });
    });
  });
});
