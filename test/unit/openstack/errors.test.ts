import { describe, expect, test } from '@jest/globals';
import type { HttpAnswer } from '../../../src/adapters/openstack/calls/http-client.ts';
import type { ServiceName } from '../../../src/adapters/openstack/calls/openstack-config.ts';
import { answerError } from '../../../src/adapters/openstack/calls/openstack-errors.ts';

const SECRET = 'host ceph-7.internal';

function answer(status: number, body: unknown): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const json = typeof body === 'string' ? undefined : body;
  return { status, headers: {}, text, json, requestId: 'req-1', call: 'POST x /y' };
}

const fault = (name: string, message: string) => ({ [name]: { code: 0, message: `${message} ${SECRET}` } });

type Row = [title: string, service: ServiceName, status: number, body: unknown, code: string];
const table: Row[] = [
  ['Nova 404', 'compute', 404, fault('itemNotFound', 'Instance x could not be found.'), 'not-found.server'],
  [
    'Nova 409',
    'compute',
    409,
    fault('conflictingRequest', "Cannot 'start' instance x while it is in vm_state active"),
    'conflict.server-state',
  ],
  ['Nova lock', 'compute', 409, fault('conflictingRequest', 'Instance x is locked'), 'conflict.server-locked'],
  ['Nova quota', 'compute', 403, fault('forbidden', 'Quota exceeded for instances: Requested 1'), 'over-quota.servers'],
  ['Nova policy', 'compute', 403, fault('forbidden', "Policy doesn't allow it to be performed."), 'forbidden'],
  [
    'Nova attach',
    'compute',
    400,
    fault(
      'badRequest',
      'Invalid volume: Volume x status must be available or downloading to reserve, but the current status is error',
    ),
    'conflict.status',
  ],
  [
    'Nova attached',
    'compute',
    400,
    fault('badRequest', 'Invalid volume: volume x already attached'),
    'conflict.already-attached',
  ],
  ['Nova root', 'compute', 400, fault('badRequest', 'Cannot detach a root device volume'), 'bad-request.root-device'],
  [
    'Cinder delete',
    'block-storage',
    400,
    fault('badRequest', 'Invalid volume: Volume status must be available or error or error_restoring'),
    'conflict.status',
  ],
  ['Cinder URL', 'block-storage', 400, fault('badRequest', 'Malformed request url'), 'bad-request'],
  [
    'Cinder quota',
    'block-storage',
    413,
    fault('overLimit', 'VolumeSizeExceedsAvailableQuota: gigabytes quota'),
    'over-quota',
  ],
  [
    'Cinder attachments',
    'block-storage',
    409,
    fault('conflictingRequest', 'Detach volume from instance using the Compute API'),
    'conflict.in-use',
  ],
  ['Keystone', 'identity', 403, { error: { code: 403, title: 'Forbidden', message: SECRET } }, 'forbidden'],
  ['Neutron 404', 'network', 404, { NeutronError: { type: 'PortNotFound', message: SECRET, detail: '' } }, 'not-found'],
  ['Neutron quota', 'network', 409, { NeutronError: { type: 'OverQuota', message: SECRET, detail: '' } }, 'over-quota'],
  [
    'API-SIG',
    'compute',
    409,
    { errors: [{ status: 409, code: 'placement.concurrent_update', title: 'Conflict', detail: SECRET }] },
    'conflict',
  ],
  ['Glance HTML', 'image', 404, `<html><head><title>404</title></head><body>${SECRET}</body></html>`, 'not-found'],
  ['proxy HTML', 'compute', 502, `<html><body><h1>502 Bad Gateway</h1>${SECRET}</body></html>`, 'unavailable'],
  ['plain text', 'compute', 500, SECRET, 'unavailable'],
  ['nothing', 'compute', 503, '', 'unavailable'],
  ['redirect', 'compute', 302, '', 'unavailable'],
  ['multiple choices', 'image', 300, { versions: [] }, 'unavailable'],
  ['rate limit', 'compute', 429, fault('overLimit', 'This request was rate-limited.'), 'unavailable.rate-limited'],
  ['microversion', 'compute', 406, fault('computeFault', 'Version 2.200 is not supported'), 'bad-request.version'],
  ['wrong token', 'compute', 401, { error: { message: SECRET } }, 'unauthorized'],
];

describe.each(table)('%s', (_title, service, status, body, code) => {
  const error = answerError(service, answer(status, body), 'rewind');

  test(`means openstack.${code}`, () => {
    expect(error.code).toBe(`vm-backup.openstack.${code}`);
    expect(error.retry).toBe(code.startsWith('unavailable'));
  });

  test('shows tenants nothing of the upstream text; the log all of it', () => {
    expect(`${error.message} ${error.hint}`).not.toContain(SECRET);
    expect(String(error.cause)).toContain(JSON.stringify(body).includes(SECRET) ? SECRET : String(status));
    expect(String(error.cause)).toContain('req-1');
  });
});

test('who asked decides whose fault a refusal is', () => {
  const refused = answer(403, fault('forbidden', "Policy doesn't allow it"));
  expect(answerError('compute', refused, 'rewind').fault).toBe('errored');
  expect(answerError('compute', refused, 'caller')).toMatchObject({ fault: 'failed', status: 403 });
  expect(answerError('compute', answer(401, ''), 'caller')).toMatchObject({ fault: 'failed', status: 401 });
});

test.each([
  'null',
  '[]',
  '{"errors":null}',
  '{"errors":["x"]}',
  '{"NeutronError":7}',
  '{"badRequest":null}',
  '{"__proto__":{"message":"x"}}',
])('survives %s', (body) => {
  const error = answerError('compute', { ...answer(400, body), json: JSON.parse(body) }, 'rewind');
  expect(error.code).toBe('vm-backup.openstack.bad-request');
});

test('a huge text is cut', () => {
  const error = answerError('compute', answer(400, fault('badRequest', 'x'.repeat(1_000_000))), 'rewind');
  expect(String(error.cause).length).toBeLessThan(2_000);
});
