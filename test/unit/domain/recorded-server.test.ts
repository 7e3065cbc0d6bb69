import { describe, expect, test } from '@jest/globals';
import { type DiskRecord, recordedServerOf, userDataOf } from '../../../src/domain/points/recorded-server.ts';

const disk = (fields: Partial<DiskRecord> = {}): DiskRecord => ({
  id: 'v1',
  kind: 'volume',
  volume_id: 'v1',
  name: 'data',
  device: '/dev/vdb',
  size_bytes: 1,
  volume_type: 'ceph',
  availability_zone: 'nova',
  delete_on_termination: true,
  ...fields,
});
const mine = { tenant_id: 'p' };
const mac = (address: string) => ({ 'OS-EXT-IPS-MAC:mac_addr': address });

describe('a server as it was recorded', () => {
  test('has its ports in the order in which Nova gave them to the guest, with their tags', () => {
    const { ports, disks } = recordedServerOf(
      {
        server: { ...mine, 'OS-EXT-SRV-ATTR:host': 'h', addresses: { b: [mac('02'), mac('02')], a: [mac('0A')] } },
        ports: [
          { id: 'x', ...mine, mac_address: '03', 'binding:host_id': 'h' },
          { id: 'p1', project_id: 'p', mac_address: '0a' },
          { id: 'p2', ...mine, mac_address: '02', port_security_enabled: false, 'binding:vnic_type': 'direct' },
        ],
        interfaces: [{ port_id: 'p1', tag: 'nic' }],
        volumeAttachments: [{ volumeId: 'v1', tag: 'logs' }],
      },
      [disk()],
    );
    expect(ports.map(({ id, tag }) => [id, tag])).toEqual([
      ['p2', null],
      ['p1', 'nic'],
      ['x', null],
    ]);
    expect(ports[0]).toMatchObject({ portSecurity: false, vnicType: 'direct' });
    expect(disks[0]).toMatchObject({ tag: 'logs', deleteOnTermination: true, volumeType: 'ceph' });
  });

  test('has no port of others: of another project, with a MAC that Nova does not tell, or bound elsewhere', () => {
    const address = { fixed_ips: [{ subnet_id: 's', ip_address: '10.9.0.5' }] };
    const recorded = recordedServerOf(
      {
        server: { ...mine, 'OS-EXT-SRV-ATTR:host': 'h', addresses: { a: [mac('01')] } },
        ports: [
          { id: 'a-theirs', tenant_id: 'q', mac_address: '01', security_groups: ['g-theirs'], ...address },
          { id: 'b-theirs', project_id: 'q', tenant_id: 'p', mac_address: '01' },
          { id: 'c-own', ...mine, mac_address: '01', security_groups: ['g-own', 'g-shared'] },
          { id: 'd-other', ...mine, mac_address: '02', ...address, 'binding:host_id': 'h' },
          { id: 'e-unbound', ...mine, mac_address: '03', 'binding:host_id': '' },
          { id: 'f-nobodys', mac_address: '01' },
        ],
        securityGroups: [
          { id: 'g-theirs', project_id: 'q', name: 'web' },
          { id: 'g-own', project_id: 'p', name: 'web' },
          { id: 'g-shared', project_id: 'q', name: 'shared' },
        ],
        floatingIps: [
          { floating_ip_address: '192.0.2.1', port_id: 'a-theirs' },
          { floating_ip_address: '192.0.2.2', port_id: 'c-own' },
        ],
      },
      [],
    );
    expect(recorded.ports.map(({ id }) => id)).toEqual(['c-own']);
    expect(recorded.strangersPorts).toEqual(['a-theirs', 'b-theirs', 'd-other', 'e-unbound', 'f-nobodys']);
    expect(recorded.securityGroups.map(({ id, foreign }) => [id, foreign])).toEqual([
      ['g-own', false],
      ['g-shared', true],
    ]);
    expect(recorded.floatingIps.map(({ address }) => address)).toEqual(['192.0.2.2']);
  });

  test('nobody knows whose server it is: no port is taken for its', () => {
    expect(
      recordedServerOf({ server: { addresses: { a: [mac('01')] } }, ports: [{ id: 'p', mac_address: '01' }] }, []),
    ).toMatchObject({ ports: [], strangersPorts: ['p'] });
  });

  test.each([
    [{ 'OS-EXT-AZ:availability_zone': 'az1' }, 'az1'],
    [{ 'OS-EXT-AZ:availability_zone': 'nova' }, null],
    [{ 'OS-EXT-AZ:availability_zone': 'az1', pinned_availability_zone: null }, null],
    [{ 'OS-EXT-AZ:availability_zone': 'az1', pinned_availability_zone: 'az2' }, 'az2'],
  ])('asks for a zone only if one was asked for: %j', (server, zone) => {
    expect(recordedServerOf({ server }, []).zone).toBe(zone);
  });

  test('ran if it was ACTIVE, and has a config drive if Nova says True', () => {
    const read = (server: object) => recordedServerOf({ server }, []);
    expect(read({ status: 'ACTIVE', config_drive: 'True' })).toMatchObject({ running: true, configDrive: true });
    expect(read({ status: 'SHUTOFF', config_drive: '' })).toMatchObject({ running: false, configDrive: false });
  });

  test('keeps what the machine is built after, and no user data', () => {
    const environment = {
      server: { image: { id: 'i1' }, key_name: 'k' },
      image: { name: 'debian', hw_disk_bus: 'scsi', os_hash_value: 'x', owner: 'y' },
      flavor: {
        id: 'f',
        original_name: 'm1',
        vcpus: 1,
        ram: 2,
        disk: 3,
        ephemeral: 0,
        swap: '4',
        extra_specs: { a: 'b' },
      },
      keypair: { name: 'k', public_key: 'ssh', type: 'x509' },
      userData: 'c2VjcmV0',
    };
    const recorded = recordedServerOf(environment, []);
    expect(recorded).toMatchObject({
      image: { id: 'i1', name: 'debian', properties: { hw_disk_bus: 'scsi' } },
      flavor: { id: 'f', name: 'm1', vcpus: 1, ramMiB: 2, diskGiB: 3, swapMiB: 4, extraSpecs: { a: 'b' } },
      keypair: { name: 'k', type: 'x509', publicKey: 'ssh' },
      keyName: 'k',
    });
    expect(JSON.stringify(recorded)).not.toContain('c2VjcmV0');
    expect(userDataOf(environment)).toBe('c2VjcmV0');
  });

  test('nothing known is nothing, and no crash', () => {
    expect(recordedServerOf({}, [])).toMatchObject({ flavor: null, image: null, ports: [], keypair: null, disks: [] });
    expect(recordedServerOf({ ports: 'x', flavor: { id: null }, tags: {}, server: [] }, [])).toMatchObject({
      ports: [],
    });
  });
});
