import type { RecordedPort, RecordedServer } from '../../../src/domain/recorded-server.ts';
import { uuidOf } from './fake-cloud.ts';
import { FLAVOR } from './fake-offer.ts';

export const recordedPort = (overrides: Partial<RecordedPort> = {}): RecordedPort => ({
  id: uuidOf(650),
  name: 'eth',
  description: '',
  networkId: uuidOf(600),
  macAddress: 'fa:16:3e:00:00:01',
  fixedIps: [{ subnetId: uuidOf(610), ipAddress: '10.0.0.5' }],
  securityGroups: [uuidOf(620)],
  portSecurity: true,
  addressPairs: [],
  dhcpOptions: [],
  vnicType: 'normal',
  qosPolicyId: null,
  adminStateUp: true,
  tag: null,
  ...overrides,
});

/** The server of the backup in rows.ts, as its manifest would have it. */
export const recordedServer = (overrides: Partial<RecordedServer> = {}): RecordedServer => ({
  id: uuidOf(1),
  name: 'web',
  description: null,
  hostname: 'web',
  flavor: { ...FLAVOR },
  image: { id: uuidOf(900), name: 'debian', properties: { hw_disk_bus: 'virtio' } },
  ports: [recordedPort()],
  floatingIps: [],
  securityGroups: [{ id: uuidOf(620), name: 'web', description: '', stateful: true, rules: [] }],
  keypair: { name: 'key', type: 'ssh', publicKey: 'ssh-ed25519 AAAA' },
  keyName: 'key',
  serverGroup: null,
  zone: null,
  configDrive: false,
  metadata: { a: 'b' },
  tags: [],
  running: true,
  disks: [
    {
      id: uuidOf(1),
      kind: 'root',
      volumeId: null,
      name: null,
      device: '/dev/vda',
      sizeBytes: 10 * 1024 ** 3,
      volumeType: null,
      zone: null,
      deleteOnTermination: true,
      tag: null,
    },
    {
      id: uuidOf(10),
      kind: 'volume',
      volumeId: uuidOf(10),
      name: 'data',
      device: '/dev/vdb',
      sizeBytes: 10 * 1024 ** 3,
      volumeType: 'ceph',
      zone: 'nova',
      deleteOnTermination: false,
      tag: null,
    },
  ],
  ...overrides,
});
