import { expect, test } from '@jest/globals';
import { createAudit } from '../../../src/telemetry/audit.ts';

test('a refusal becomes one CADF event with actor, target, outcome and reason', () => {
  const lines: string[] = [];
  const audit = createAudit({
    clock: { now: () => 0, monotonic: () => 0, sleep: async () => {} },
    ids: { uuid: () => '00000000-0000-4000-8000-000000000000' },
    write: (line) => lines.push(line),
  });
  audit({
    action: 'backups:create',
    outcome: 'failure',
    requestId: 'req-1',
    globalRequestId: null,
    userId: 'u',
    projectId: 'p',
    resourceType: 'backup',
    resourceId: null,
    operationId: null,
    reason: { code: 'vm-backup.forbidden', status: 403 },
  });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
    eventTime: '1970-01-01T00:00:00.000Z',
    action: 'backups:create',
    outcome: 'failure',
    initiator: { id: 'u', project_id: 'p', request_id: 'req-1' },
    target: { typeURI: 'service/vm-backup/backup' },
    reason: { reasonCode: '403', policyId: 'vm-backup.forbidden' },
  });
});
