import { afterEach, beforeEach, expect, test } from '@jest/globals';
import nock from 'nock';
import { serverStateFrom } from '../../../src/adapters/openstack/nova/server-shape.ts';
import {
  checkNet,
  GLANCE,
  keystoneGives,
  NEUTRON,
  NOVA,
  novaOffers,
  SERVER_ID,
  sealNet,
  TENANT_PROJECT,
  world,
} from './world.ts';

const raw = {
  id: SERVER_ID,
  tenant_id: TENANT_PROJECT,
  addresses: { net: [{ 'OS-EXT-IPS-MAC:mac_addr': 'fa:16:3e:00:00:01' }] },
  image: { id: 'img1' },
  user_id: 'u1',
  key_name: 'my key',
  server_groups: ['sg1'],
  tags: ['prod'],
  flavor: { original_name: 'm1.small', vcpus: 2, ram: 512, extra_specs: { 'hw:cpu_policy': 'shared' } },
  'OS-EXT-SRV-ATTR:user_data': 'IyEvYmluL3No',
};
const seen = {
  ...serverStateFrom({ id: SERVER_ID, tenant_id: TENANT_PROJECT, image: { id: 'img1' }, seen: true }),
  volumes: [],
};
const nova = () => nock(NOVA);
const path = `/v2.1/servers/${SERVER_ID}`;
const port = {
  id: 'port1',
  project_id: TENANT_PROJECT,
  mac_address: 'fa:16:3e:00:00:01',
  security_groups: ['g1'],
  network_id: 'n1',
  fixed_ips: [{ subnet_id: 's1', ip_address: '10.0.0.5' }],
};

const group = { id: 'g1', project_id: TENANT_PROJECT, security_group_rules: [] };

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
    .reply(200, {
      interfaceAttachments: [
        { port_id: 'port0', tag: 'x' },
        { port_id: 'port1', tag: 'nic' },
      ],
    });
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
    .query({ device_id: SERVER_ID, tenant_id: TENANT_PROJECT })
    .reply(200, { ports: [{ ...port, id: 'port0', project_id: 'p2' }, port] });
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
    .reply(200, { security_groups: [group] });
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
    securityGroups: [group],
    keypair: { public_key: 'ssh-rsa' },
    serverGroup: { policy: 'affinity' },
    tags: ['prod'],
    userData: 'IyEvYmluL3No',
  });
});

/** A server of which nothing is known but its ports. */
const bare = () => {
  novaOffers('2.93');
  nova()
    .get(path)
    .reply(200, { server: { ...raw, key_name: null, server_groups: [], image: '' } });
  nova().get(path).reply(404);
  nova().get(`${path}/os-volume_attachments`).reply(200, { volumeAttachments: [] });
  nova().get(`${path}/os-interface`).reply(200, { interfaceAttachments: [] });
};
const withoutImage = { ...seen, imageId: null };
const neutron = (collection: string, rows: object[], match: (id: string[]) => boolean = () => true) =>
  nock(NEUTRON)
    .get(`/v2.0/${collection.replace('_', '-')}`)
    .query((query) => match([query.id ?? query.port_id ?? []].flat() as string[]))
    .reply(200, { [collection]: rows });

test('a group of another project is recorded only if a member of the server’s project sees it', async () => {
  bare();
  neutron('ports', [{ ...port, security_groups: ['g1', 'g2', 'g3'], fixed_ips: [], network_id: null }]);
  neutron('floatingips', []);
  const theirs = (id: string) => ({ id, project_id: 'p2' });
  neutron('security_groups', [group, theirs('g2'), theirs('g3')], (ids) => ids.length === 3);
  keystoneGives({ token: 'member', projectId: TENANT_PROJECT });
  neutron('security_groups', [theirs('g3')], (ids) => ids.join() === 'g2,g3');
  const { securityGroups } = await world().cloud.environment(withoutImage);
  expect(securityGroups).toEqual([group, theirs('g3')]);
});

test('more groups than one question may name are asked for in several', async () => {
  bare();
  const ids = Array.from({ length: 101 }, (_, n) => `g${n}`);
  neutron('ports', [{ ...port, security_groups: ids, fixed_ips: [], network_id: null }]);
  neutron('floatingips', []);
  neutron(
    'security_groups',
    ids.slice(0, 100).map((id) => ({ ...group, id })),
    (asked) => asked.length === 100,
  );
  neutron('security_groups', [{ ...group, id: 'g100' }], (asked) => asked.join() === 'g100');
  expect((await world().cloud.environment(withoutImage)).securityGroups).toHaveLength(101);
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
