import { afterEach, beforeEach, expect, test } from '@jest/globals';
import nock from 'nock';
import { serverStateFrom } from '../../../src/adapters/openstack/server-shape.ts';
import { checkNet, GLANCE, keystoneGives, NEUTRON, NOVA, novaOffers, SERVER_ID, sealNet, world } from './world.ts';

const raw = {
  id: SERVER_ID,
  image: { id: 'img1' },
  user_id: 'u1',
  key_name: 'my key',
  server_groups: ['sg1'],
  tags: ['prod'],
  flavor: { original_name: 'm1.small', vcpus: 2, ram: 512, extra_specs: { 'hw:cpu_policy': 'shared' } },
  'OS-EXT-SRV-ATTR:user_data': 'IyEvYmluL3No',
};
const seen = { ...serverStateFrom({ id: SERVER_ID, image: { id: 'img1' }, seen: true }), volumes: [] };
const nova = () => nock(NOVA);
const path = `/v2.1/servers/${SERVER_ID}`;
const port = {
  id: 'port1',
  mac_address: 'fa:16:3e:00:00:01',
  security_groups: ['g1'],
  network_id: 'n1',
  fixed_ips: [{ subnet_id: 's1', ip_address: '10.0.0.5' }],
};

beforeEach(() => {
  sealNet();
  keystoneGives({ token: 't' });
});
afterEach(checkNet);

test('gathers what a new server would need', async () => {
  novaOffers('2.93');
  nova().get(path).matchHeader('OpenStack-API-Version', 'compute 2.90').reply(200, { server: raw });
  nova()
    .get(path)
    .matchHeader('OpenStack-API-Version', 'compute 2.46')
    .reply(200, { server: { flavor: { id: 'f1' } } });
  nova()
    .get(`${path}/os-volume_attachments`)
    .reply(200, { volumeAttachments: [{ volumeId: 'v1', tag: 'data' }] });
  nova()
    .get(`${path}/os-interface`)
    .reply(200, { interfaceAttachments: [{ port_id: 'port1', tag: 'nic' }] });
  nova()
    .get('/v2.1/os-keypairs/my%20key')
    .query({ user_id: 'u1' })
    .reply(200, { keypair: { public_key: 'ssh-rsa' } });
  nova()
    .get('/v2.1/os-server-groups/sg1')
    .reply(200, { server_group: { policy: 'affinity' } });
  nock(GLANCE).get('/v2/images/img1').reply(200, { id: 'img1', hw_disk_bus: 'virtio' });
  nock(NEUTRON)
    .get('/v2.0/ports')
    .query({ device_id: SERVER_ID })
    .reply(200, { ports: [port] });
  nock(NEUTRON)
    .get('/v2.0/networks')
    .query({ id: 'n1' })
    .reply(200, { networks: [{ id: 'n1', name: 'net' }] });
  nock(NEUTRON)
    .get('/v2.0/subnets')
    .query({ id: 's1' })
    .reply(200, { subnets: [{ id: 's1', cidr: '10.0.0.0/24' }] });
  nock(NEUTRON)
    .get('/v2.0/floatingips')
    .query({ port_id: 'port1' })
    .reply(200, { floatingips: [{ id: 'fip' }] });
  nock(NEUTRON)
    .get('/v2.0/security-groups')
    .query({ id: 'g1' })
    .reply(200, { security_groups: [{ id: 'g1', security_group_rules: [] }] });
  expect(await world().cloud.environment(seen)).toEqual({
    server: raw,
    flavor: { id: 'f1', ...raw.flavor },
    image: { id: 'img1', hw_disk_bus: 'virtio' },
    volumeAttachments: [{ volumeId: 'v1', tag: 'data' }],
    interfaces: [{ port_id: 'port1', tag: 'nic' }],
    ports: [port],
    networks: [{ id: 'n1', name: 'net' }],
    subnets: [{ id: 's1', cidr: '10.0.0.0/24' }],
    floatingIps: [{ id: 'fip' }],
    securityGroups: [{ id: 'g1', security_group_rules: [] }],
    keypair: { public_key: 'ssh-rsa' },
    serverGroup: { policy: 'affinity' },
    tags: ['prod'],
    userData: 'IyEvYmluL3No',
  });
});

test('what a service refuses is recorded as unknown', async () => {
  novaOffers('2.93');
  nova().get(path).times(2).reply(404);
  nova().get(`${path}/os-volume_attachments`).reply(404);
  nova().get(`${path}/os-interface`).reply(404);
  nock(GLANCE).get('/v2/images/img1').reply(404, '<html>gone</html>');
  nock(NEUTRON)
    .get('/v2.0/ports')
    .query(true)
    .reply(403, { NeutronError: { type: 'X', message: 'no' } });
  const { cloud, log } = world();
  expect(await cloud.environment(seen)).toEqual({
    server: seen.raw,
    flavor: { id: null },
    image: null,
    volumeAttachments: [],
    interfaces: [],
    ports: [],
    networks: [],
    subnets: [],
    floatingIps: [],
    securityGroups: [],
    keypair: null,
    serverGroup: null,
    tags: [],
    userData: null,
  });
  expect(log.lines.join()).toContain('part of a server is not recorded');
});

test('a service that does not answer fails the whole: a backup must not lack what is there', async () => {
  novaOffers('2.93');
  nova().get(path).reply(200, { server: raw });
  nock(NEUTRON).get('/v2.0/ports').query(true).reply(500);
  await expect(world().cloud.environment(seen)).rejects.toMatchObject({
    code: 'vm-backup.openstack.unavailable',
    retry: true,
  });
});
