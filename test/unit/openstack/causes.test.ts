import { describe, expect, test } from '@jest/globals';
import type { HttpAnswer } from '../../../src/adapters/openstack/calls/http-client.ts';
import type { ServiceName } from '../../../src/adapters/openstack/calls/openstack-config.ts';
import { answerError } from '../../../src/adapters/openstack/calls/openstack-errors.ts';
import { volumeTrouble } from '../../../src/adapters/openstack/cinder/volume-trouble.ts';
import { serverStateFrom } from '../../../src/adapters/openstack/nova/server-shape.ts';
import { generalCode, hasCode, type RewindError } from '../../../src/domain/errors.ts';

/** The sentences are those of the services' sources (Zed), with values filled in. */
function refused(service: ServiceName, status: number, said: string, kind = 'x', headers = {}) {
  const json =
    service === 'network' ? { NeutronError: { type: kind, message: said, detail: '' } } : { [kind]: { message: said } };
  const answer: HttpAnswer = { status, headers, text: '', json, requestId: 'req-1', call: 'POST x /y' };
  return answerError(service, answer, 'rewind');
}

/** Plain: what differs is then told quickly. */
const plain = ({ code, retry, fault, status }: RewindError) => ({ code, retry, fault, status });

type Limit = [service: ServiceName, status: number, said: string, code: string, words: string, kind?: string];
const limits: Limit[] = [
  ['compute', 403, 'Quota exceeded for cores: Requested 4, but already used 18 of 20 cores', 'vcpus', 'vCPUs (20)'],
  [
    'compute',
    403,
    'Quota exceeded for ram, cores: Requested 4096, 4, but already used 0, 18 of 51200, 20 ram, cores',
    'memory',
    'memory',
  ],
  [
    'compute',
    403,
    'Quota exceeded for instances: Requested 1, but already used 10 of 10 instances',
    'servers',
    'servers (10)',
  ],
  [
    'compute',
    403,
    'Maximum number of metadata items exceeds 128',
    'metadata-items',
    'metadata items of one server (128)',
  ],
  ['compute', 403, 'Quota exceeded, too many key pairs.', 'key-pairs', 'key pairs of one user'],
  ['compute', 403, 'Quota exceeded, too many servers in group', 'server-group-members', 'servers in one server group'],
  ['compute', 403, 'Quota exceeded, too many server groups.', 'server-groups', 'server groups'],
  ['compute', 403, 'Maximum number of ports exceeded', 'ports', 'ports'],
  [
    'compute',
    403,
    'The maximum allowed number of disk devices (26) to attach to a single instance has been exceeded.',
    'disk-devices',
    'disks of one server (26)',
  ],
  [
    'compute',
    403,
    'Project p is over a limit for [Resource class:VCPU is over limit of 4 due to current usage 4 and delta 1]',
    'vcpus',
    'vCPUs (4)',
  ],
  [
    'compute',
    403,
    'Project p is over a limit for [Resource server_group_members is over limit of 2 due to current usage 2 and delta 1]',
    'server-group-members',
    'servers in one server group (2)',
  ],
  [
    'block-storage',
    413,
    "VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded for quota 'volumes'.",
    'volumes',
    'volumes (10)',
    'overLimit',
  ],
  [
    'block-storage',
    413,
    "VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota 'volumes_fast'.",
    'volumes',
    'volumes of type fast (1)',
    'overLimit',
  ],
  [
    'block-storage',
    413,
    'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested 10G, quota is 5G and 0G has been consumed.',
    'gigabytes',
    'gigabytes of volumes (5)',
    'overLimit',
  ],
  [
    'block-storage',
    413,
    'Requested volume size 200G is larger than maximum allowed limit 100G.',
    'volume-size',
    'gigabytes of one volume (100)',
    'overLimit',
  ],
  [
    'block-storage',
    413,
    'SnapshotLimitExceeded: Maximum number of snapshots allowed (10) exceeded',
    'snapshots',
    'volume snapshots (10)',
    'overLimit',
  ],
  ['network', 409, "Quota exceeded for resources: ['port'].", 'ports', 'ports', 'OverQuota'],
  [
    'network',
    409,
    "Quota exceeded for resources: ['security_group'].",
    'security-groups',
    'security groups',
    'OverQuota',
  ],
  [
    'network',
    409,
    "Quota exceeded for resources: ['security_group_rule'].",
    'security-group-rules',
    'security group rules',
    'OverQuota',
  ],
  [
    'network',
    400,
    'The number of allowed address pair exceeds the maximum 10.',
    'address-pairs',
    'allowed address pairs of one port (10)',
    'AllowedAddressPairExhausted',
  ],
];

test.each(limits)('%s %i names its limit: %s', (...row) => {
  const [service, status, said, code, words, kind] = row;
  const error = refused(service, status, said, kind);
  expect(plain(error)).toMatchObject({
    code: `vm-backup.openstack.over-quota.${code}`,
    retry: false,
    fault: 'failed',
    status: 403,
  });
  expect(error.message).toContain(`the limit of ${words} is used up`);
  expect(error.hint).toBeTruthy();
  expect(hasCode(error, 'openstack.over-quota')).toBe(true);
  expect(generalCode(error.code)).toBe('vm-backup.openstack.over-quota');
});

test('a limit that has no name here is one all the same, and the name of a volume type is said only when it is plain', () => {
  expect(refused('compute', 403, 'Quota exceeded for gremlins: Requested 1').code).toBe(
    'vm-backup.openstack.over-quota',
  );
  const odd = refused('block-storage', 413, "exceeded for quota 'volumes_a b<script>'", 'overLimit');
  expect(odd.message).toContain('volumes of one type');
});

type Cause = [service: ServiceName, status: number, said: string, code: string, kind?: string];
const causes: Cause[] = [
  ['compute', 403, "Policy doesn't allow os_compute_api:os-quota-sets:show to be performed.", 'forbidden'],
  [
    'network',
    403,
    '(rule:create_port and rule:create_port:fixed_ips) is disallowed by policy',
    'forbidden',
    'PolicyNotAuthorized',
  ],
  ['compute', 400, 'No valid host was found. There are not enough hosts available.', 'no-host'],
  ['network', 409, 'No more IP addresses available on network n.', 'no-addresses', 'IpAddressGenerationFailure'],
  [
    'network',
    409,
    'Unable to complete operation for network n. The IP address 10.0.0.5 is in use.',
    'conflict.address-in-use',
    'IpAddressInUse',
  ],
  [
    'network',
    409,
    'Unable to complete operation for network n. The mac address fa:16:3e:00:00:01 is in use.',
    'conflict.address-in-use',
    'MacAddressInUse',
  ],
  [
    'network',
    400,
    'IP address 10.9.9.9 is not a valid IP for the specified subnet.',
    'bad-request.address',
    'InvalidIpForSubnet',
  ],
  ['network', 409, 'Security Group g in use.', 'conflict.in-use', 'SecurityGroupInUse'],
  ['network', 409, 'Security group rule already exists. Rule id is r.', 'conflict.exists', 'SecurityGroupRuleExists'],
  ['network', 404, 'Security group g does not exist', 'not-found.security-group', 'SecurityGroupNotFound'],
  ['compute', 409, "Key pair 'mine' already exists.", 'conflict.exists'],
  ['compute', 409, 'Port p is still in use.', 'conflict.in-use'],
  ['compute', 409, 'The supplied device path (/dev/vdb) is in use.', 'conflict.device-in-use'],
  ['compute', 400, 'Invalid key_name provided.', 'bad-request.key-pair'],
  ['compute', 400, "Flavor's disk is too small for requested image. Flavor disk is 1 bytes.", 'bad-request.too-small'],
  ['compute', 400, 'The requested availability zone is not available', 'bad-request.zone'],
  ['compute', 400, 'Image i could not be found.', 'bad-request.image'],
  [
    'compute',
    400,
    "Invalid input for field/attribute name. Value: already attached, quota exceeded. '' is too short",
    'bad-request.field',
  ],
  ['block-storage', 404, 'Volume type with name fast could not be found.', 'not-found.volume-type'],
  [
    'block-storage',
    413,
    'Invalid metadata size: Metadata property value greater than 255 characters.',
    'bad-request.metadata-size',
    'overLimit',
  ],
  ['block-storage', 413, 'Request is too large.', 'bad-request.too-large', 'overLimit'],
  ['image', 413, '<h1>413 Request Entity Too Large</h1>', 'bad-request.too-large'],
  ['compute', 501, 'Not here', 'bad-request.not-supported'],
  ['compute', 400, 'Something that nobody knows', 'bad-request'],
  ['compute', 503, 'Busy', 'unavailable'],
];

test.each(causes)('%s %i has its own code: %s', (...row) => {
  const [service, status, said, code, kind] = row;
  const error = refused(service, status, said, kind);
  expect(plain(error)).toMatchObject({ code: `vm-backup.openstack.${code}`, retry: code.startsWith('unavailable') });
  expect(`${error.message} ${error.hint}`).not.toContain(said);
});

test('a field that is not taken is named; what the tenant wrote is not', () => {
  const error = refused('compute', 400, "Invalid input for field/attribute key_name. Value: <b>. '<b>' does not match");
  expect(error.message).toContain('`key_name`');
  expect(error.message).not.toContain('<b>');
});

test.each([429, 413])('a rate limit (%i) passes, and says how long', (status) => {
  const error = refused('compute', status, 'This request was rate-limited.', 'overLimit', { 'retry-after': '37' });
  expect(plain(error)).toMatchObject({
    code: 'vm-backup.openstack.unavailable.rate-limited',
    retry: true,
    status: 503,
  });
  expect(error.hint).toContain('37 s');
});

test('what nobody knows says so', () => {
  expect(refused('compute', 400, 'Gremlins').message).toContain('not known here');
});

describe('a server in ERROR', () => {
  const trouble = (message: string) => serverStateFrom({ id: 's', fault: { code: 500, message } }).trouble;
  test.each([
    ['No valid host was found. There are not enough hosts available.', 'no-host'],
    [
      'Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for instance s.',
      'no-host',
    ],
    [
      'Build of instance s aborted: Volume v did not finish being created even after we waited 180 seconds',
      'no-volume',
    ],
    ['Build of instance s aborted: Failed to allocate the network(s), not rescheduling.', 'no-network'],
    ["Build of instance s aborted: Quota exceeded for resources: ['port'].", 'over-quota'],
    ['No more IP addresses available on network n.', 'no-addresses'],
  ])('%s', (message, code) => {
    expect(trouble(message)).toMatchObject({ code, words: expect.stringMatching(/\.$/) });
  });
  test('an unknown fault, and none', () => {
    expect(trouble('libvirtError: internal error on ceph-7.internal')).toBeUndefined();
    expect(serverStateFrom({ id: 's' }).trouble).toBeUndefined();
  });
});

test("a volume in error: Cinder's newest message of it whose cause is known", () => {
  const row = (event_id: string, created_at: string, resource_uuid = 'v') => ({ event_id, created_at, resource_uuid });
  const messages = [
    row('VOLUME_VOLUME_001_001', '2026-01-03'),
    row('VOLUME_VOLUME_001_003', '2026-01-02'),
    row('VOLUME_VOLUME_001_012', '2026-01-01'),
    row('VOLUME_VOLUME_001_006', '2026-01-04', 'another'),
  ];
  expect(volumeTrouble({ messages }, 'v')).toMatchObject({ code: 'no-backend' });
  expect(volumeTrouble({ messages: [] }, 'v')).toBeUndefined();
  expect(volumeTrouble({}, 'v')).toBeUndefined();
});
