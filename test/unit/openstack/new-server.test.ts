import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import nock from 'nock';
import type { NewServer } from '../../../src/ports/server-making.ts';
import {
  CINDER,
  checkNet,
  GLANCE,
  keystoneGives,
  NEUTRON,
  NOVA,
  novaOffers,
  SERVER_ID,
  SERVICE_PROJECT,
  sealNet,
  VOLUME_ID,
  world,
} from './world.ts';

const admin = () => world().cloud.admin;
const code = (name: string) => expect.objectContaining({ code: `vm-backup.openstack.${name}` });

const wanted: NewServer = {
  name: 'web',
  description: null,
  hostname: null,
  flavorId: 'f1',
  imageId: 'i1',
  rootVolume: null,
  ports: [],
  keyName: null,
  availabilityZone: null,
  serverGroupId: null,
  configDrive: false,
  userData: null,
  metadata: {},
  tags: [],
};

beforeEach(() => {
  sealNet();
  keystoneGives({ token: 't' });
});
afterEach(checkNet);

describe('Nova', () => {
  test('is asked for no more than was wished', async () => {
    novaOffers('2.93');
    const server = { name: 'web', flavorRef: 'f1', imageRef: 'i1', metadata: {}, networks: 'none' };
    nock(NOVA)
      .post('/v2.1/servers', { server })
      .reply(202, { server: { id: SERVER_ID } });
    expect(await admin().making.createServer(wanted)).toBe(SERVER_ID);
  });

  test.each([
    ['2.93', 'compute 2.90', { hostname: 'web-1' }],
    ['2.88', 'compute 2.79', {}],
  ])('makes a server that boots from a volume, with all it may have (%s)', async (offered, spoken, more) => {
    novaOffers(offered);
    const server = {
      name: 'web',
      flavorRef: 'f1',
      metadata: { a: 'b' },
      networks: [{ port: 'p1', tag: 'nic' }, { port: 'p2' }],
      description: 'd',
      key_name: 'k',
      availability_zone: 'z',
      user_data: 'dQ==',
      block_device_mapping_v2: [
        {
          boot_index: 0,
          uuid: VOLUME_ID,
          source_type: 'volume',
          destination_type: 'volume',
          delete_on_termination: true,
          tag: 'root',
        },
      ],
      tags: ['x'],
      config_drive: true,
      ...more,
    };
    nock(NOVA)
      .post('/v2.1/servers', { server, 'os:scheduler_hints': { group: 'g' } })
      .matchHeader('OpenStack-API-Version', spoken)
      .reply(202, { server: { id: SERVER_ID } });
    await admin().making.createServer({
      ...wanted,
      description: 'd',
      hostname: 'web-1',
      imageId: null,
      rootVolume: { id: VOLUME_ID, deleteOnTermination: true, tag: 'root' },
      ports: [
        { id: 'p1', tag: 'nic' },
        { id: 'p2', tag: null },
      ],
      keyName: 'k',
      availabilityZone: 'z',
      serverGroupId: 'g',
      configDrive: true,
      userData: 'dQ==',
      metadata: { a: 'b' },
      tags: ['x'],
    });
  });

  test('finds only servers of the project, with all the metadata', async () => {
    novaOffers('2.93');
    const own = { tenant_id: SERVICE_PROJECT, metadata: { mark: '1', other: '2' } };
    const servers = [
      { id: 'a', ...own },
      { id: 'b', ...own, tenant_id: 'x' },
      { id: 'c', ...own, metadata: { mark: '2' } },
    ];
    nock(NOVA).get('/v2.1/servers/detail').query(true).reply(200, { servers });
    expect(await admin().making.findServers({ mark: '1' })).toEqual(['a']);
  });

  test('a key pair that is not there is no error, one that is there is a conflict', async () => {
    novaOffers('2.93');
    nock(NOVA).get('/v2.1/os-keypairs/a%20key').reply(404);
    nock(NOVA).delete('/v2.1/os-keypairs/a%20key').reply(404);
    nock(NOVA).post('/v2.1/os-keypairs').reply(409);
    const { making } = admin();
    expect(await making.keypair('a key')).toBeUndefined();
    await making.deleteKeypair('a key');
    const keypair = { name: 'a key', type: 'ssh', publicKey: 'ssh-rsa' };
    await expect(making.createKeypair(keypair)).rejects.toEqual(code('conflict'));
  });

  test('tells what is left of a quota; -1 is no limit, and a cloud may keep it to itself', async () => {
    novaOffers('2.93');
    const absolute = { maxTotalInstances: 10, totalInstancesUsed: 11, maxTotalCores: -1, totalCoresUsed: 4 };
    nock(NOVA).get('/v2.1/limits').reply(200, { limits: { absolute } });
    nock(CINDER).get(`/v3/${SERVICE_PROJECT}/limits`).reply(403);
    const { offerings } = admin();
    expect(await offerings.computeRoom()).toEqual({ servers: -1, cores: null, ramMiB: null, metadataItems: null });
    expect(await offerings.volumeRoom()).toEqual({ volumes: null, gigabytes: null });
  });

  test('shows flavors with their values', async () => {
    novaOffers('2.93');
    const flavors = [{ id: 'f1', name: 'm', vcpus: 1, ram: 2, disk: 3, swap: '', 'OS-FLV-EXT-DATA:ephemeral': 4 }];
    nock(NOVA).get('/v2.1/flavors/detail').query(true).reply(200, { flavors });
    expect(await admin().offerings.flavors()).toEqual([
      { id: 'f1', name: 'm', vcpus: 1, ramMiB: 2, diskGiB: 3, ephemeralGiB: 4, swapMiB: 0, extraSpecs: null },
    ]);
  });
});

test('Glance shows whether an image can be used, and what the machine is built after', async () => {
  nock(GLANCE)
    .get('/v2/images/i1')
    .reply(200, { id: 'i1', status: 'queued', hw_disk_bus: 'virtio', os_hash_value: 'x', name: 'n' });
  expect(await admin().offerings.image('i1')).toEqual({ active: false, properties: { hw_disk_bus: 'virtio' } });
});

describe('Neutron', () => {
  const port = {
    name: 'eth',
    description: 'ours',
    networkId: 'n1',
    macAddress: 'fa:16:3e:00:00:01',
    fixedIps: [{ subnetId: 's1', ipAddress: '10.0.0.5' }],
    securityGroups: ['g1'],
    portSecurity: true,
    addressPairs: [],
    dhcpOptions: [],
    vnicType: 'normal',
    adminStateUp: true,
  };
  const given = {
    network_id: 'n1',
    name: 'eth',
    description: 'ours',
    mac_address: 'fa:16:3e:00:00:01',
    fixed_ips: [{ subnet_id: 's1', ip_address: '10.0.0.5' }],
  };
  const raw = {
    id: 'p1',
    project_id: SERVICE_PROJECT,
    network_id: 'n1',
    device_id: '',
    mac_address: 'm',
    fixed_ips: [],
  };
  const shaped = {
    id: 'p1',
    projectId: SERVICE_PROJECT,
    networkId: 'n1',
    deviceId: null,
    adminStateUp: true,
    macAddress: 'm',
    fixedIps: [],
  };

  test('closes and opens a port', async () => {
    const { network } = world().cloud.admin;
    for (const up of [false, true]) {
      nock(NEUTRON)
        .put('/v2.0/ports/p1', { port: { admin_state_up: up } })
        .reply(200, { port: { ...raw, admin_state_up: up } });
      await network.setPortUp('p1', up);
    }
    nock(NEUTRON)
      .get('/v2.0/ports/p1')
      .reply(200, { port: { ...raw, admin_state_up: false } });
    expect(await network.port('p1')).toEqual({ ...shaped, adminStateUp: false });
  });

  test.each([200, 207, 404])('tells Nova that ports are plugged in: %s', async (status) => {
    novaOffers('2.93');
    const event = { name: 'network-vif-plugged', server_uuid: SERVER_ID, tag: 'p1', status: 'completed' };
    nock(NOVA)
      .post('/v2.1/os-server-external-events', { events: [event] })
      .reply(status, { events: [] });
    await world().cloud.admin.making.portsPlugged(SERVER_ID, ['p1']);
  });

  test('makes a port as it was', async () => {
    nock(NEUTRON)
      .post('/v2.0/ports', { port: { ...given, security_groups: ['g1'] } })
      .reply(201, { port: raw });
    expect(await admin().network.createPort(port)).toEqual(shaped);
  });

  test.each([
    ['the network chooses', null, undefined],
    ['it has none', [], []],
    ['the subnet makes it of the MAC', [{ subnetId: 's6', ipAddress: null }], [{ subnet_id: 's6' }]],
  ])('an address of a port: %s', async (_, fixedIps, fixed_ips) => {
    const { fixed_ips: __, ...rest } = given;
    const sent = { ...rest, ...(fixed_ips && { fixed_ips }), security_groups: ['g1'] };
    nock(NEUTRON).post('/v2.0/ports', { port: sent }).reply(201, { port: raw });
    await admin().network.createPort({ ...port, fixedIps });
  });

  test.each([
    [null, false],
    ['dhcpv6-stateful', false],
    ['dhcpv6-stateless', true],
    ['slaac', true],
  ])('a subnet of mode %s makes addresses: %s', async (ipv6_address_mode, autoAddress) => {
    nock(NEUTRON)
      .get('/v2.0/subnets/s6')
      .reply(200, { subnet: { id: 's6', network_id: 'n1', ipv6_address_mode } });
    expect(await admin().network.subnet('s6')).toEqual({ id: 's6', networkId: 'n1', autoAddress });
  });

  test('names no groups where port security is off, and what is unusual only then', async () => {
    const more = {
      port_security_enabled: false,
      allowed_address_pairs: [{ ip_address: '10.0.0.9' }],
      'binding:vnic_type': 'direct',
      admin_state_up: false,
    };
    nock(NEUTRON)
      .post('/v2.0/ports', { port: { ...given, ...more } })
      .reply(409, { NeutronError: { type: 'MacAddressInUse', message: 'taken' } });
    const odd = { ...port, portSecurity: false, addressPairs: [{ ip_address: '10.0.0.9' }], vnicType: 'direct' };
    await expect(admin().network.createPort({ ...odd, adminStateUp: false })).rejects.toEqual(
      code('conflict.address-in-use'),
    );
  });

  test('finds what carries our mark in this project only', async () => {
    const ports = [raw, { ...raw, id: 'p2', project_id: 'x' }];
    nock(NEUTRON).get('/v2.0/ports').query({ description: 'ours' }).reply(200, { ports });
    expect((await admin().network.portsDescribed('ours')).map((one) => one.id)).toEqual(['p1']);
  });

  test('assigns and takes back a floating address', async () => {
    const ours = { id: 'fip', port_id: null, project_id: SERVICE_PROJECT };
    nock(NEUTRON)
      .get('/v2.0/floatingips')
      .query({ floating_ip_address: '192.0.2.1' })
      .reply(200, { floatingips: [{ ...ours, project_id: 'x' }, ours] });
    nock(NEUTRON)
      .put('/v2.0/floatingips/fip', { floatingip: { port_id: 'p1', fixed_ip_address: '10.0.0.5' } })
      .reply(200);
    const { network } = admin();
    expect(await network.floatingIp('192.0.2.1')).toEqual({ id: 'fip', portId: null });
    await network.assignFloatingIp('fip', 'p1', '10.0.0.5');
  });
});
