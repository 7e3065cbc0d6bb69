import { expect, test } from '@jest/globals';
import { operationAnswer, operationsAnswer } from '../../../src/api/operations/schemas.ts';
import { apiWorld } from '../../world/api/api-world.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';
import { AT, operation } from '../../world/api/rows.ts';

const ID = uuidOf(300);
const failure = {
  code: 'vm-backup.ceph.timeout',
  reason: 'Ceph did not answer.',
  fault: 'errored' as const,
  hint: null,
};

test('shows progress, reason and steps, and nothing of what the journal keeps', async () => {
  const world = apiWorld();
  world.stores.operationRows.set(ID, operation({ status: 'failed', failure }));
  world.stores.journal.push({
    operation_id: ID,
    seq: 1,
    key: 'snap-disks',
    state: 'done',
    input: { image: 'canary' },
    output: { pool: 'canary' },
    mark: null,
    started_at: AT,
    finished_at: AT,
  });
  const answer = await world.http.get(`/v1/operations/${ID}`).set('X-Auth-Token', 'reader');
  expect(operationAnswer.parse(answer.body).operation).toMatchObject({
    action: 'create-backup',
    progress: 40,
    fail_code: failure.code,
    fail_reason: failure.reason,
    fault: 'errored',
    steps: [{ name: 'snap-disks', state: 'done', started_at: AT, finished_at: AT }],
  });
  expect(answer.text).not.toContain('canary');
});

test('lists those of one resource, without steps', async () => {
  const world = apiWorld();
  world.stores.operationRows.set(ID, operation());
  world.stores.operationRows.set(uuidOf(301), operation({ id: uuidOf(301), resource_id: uuidOf(101) }));
  const answer = await world.http.get(`/v1/operations?resource_id=${uuidOf(101)}`).set('X-Auth-Token', 'reader');
  const { operations } = operationsAnswer.parse(answer.body);
  expect(operations.map((one) => one.id)).toEqual([uuidOf(301)]);
  expect(operations[0]).not.toHaveProperty('steps');
});

test.each([
  [operation(), 202],
  [operation({ status: 'queued' }), 202],
  [operation({ cancel_requested: true }), 202],
  [operation({ status: 'cancelled' }), 202],
  [operation({ committed: true }), 409],
  [operation({ status: 'succeeded' }), 409],
  [operation({ status: 'failed' }), 409],
])('cancel %#', async (row, status) => {
  const world = apiWorld();
  world.stores.operationRows.set(ID, row);
  const answer = await world.http.post(`/v1/operations/${ID}/cancel`).set('X-Auth-Token', 'member');
  expect(answer.status).toBe(status);
  const asked = world.stores.operationRows.get(ID)?.cancel_requested;
  expect(asked).toBe(row.cancel_requested || (status === 202 && row.status !== 'cancelled'));
});
