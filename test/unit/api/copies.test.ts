import { expect, test } from '@jest/globals';
import { backupAnswer, backupsAnswer } from '../../../src/api/backups/schemas.ts';
import { holdsOf } from '../../../src/domain/operations/holds.ts';
import { apiWorld } from '../../world/api/api-world.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';
import { backup } from '../../world/api/rows.ts';

const PATH = `/v1/backups/${uuidOf(100)}/copies`;

function worldWith(status: 'available' | 'creating' | 'deleting' | 'error' = 'available') {
  const world = apiWorld();
  const row = backup({ id: uuidOf(100), server_id: uuidOf(1), status, name: 'nightly', protected: true });
  world.stores.backups.set(row.id, row);
  const ask = (token: string, copy: object, path = PATH) =>
    world.http.post(path).set('X-Auth-Token', token).send({ copy });
  return { world, row, ask };
}

test('202 with the copy in creating, as a backup of its own', async () => {
  const { world, ask } = worldWith();
  const answer = await ask('member', { target: 'nfs', metadata: { kept: 'off site' } });
  expect(answer.status).toBe(202);
  const copy = backupAnswer.parse(answer.body).backup;
  expect(copy).toMatchObject({
    ...{ status: 'creating', copy_of: uuidOf(100), target: 'nfs', name: 'nightly', metadata: { kept: 'off site' } },
    ...{ server_id: uuidOf(1), protected: false, policy_id: null, base_backup_id: null, stored_bytes: null },
  });
  expect(copy.id).not.toBe(uuidOf(100));
  expect(answer.headers.location).toBe(`https://api.example.com/vm-backup/v1/backups/${copy.id}`);
  const recorded = world.stores.operationRows.get(copy.operation_id);
  expect(recorded).toMatchObject({ workflow: 'copy-backup/1', resource_id: copy.id });
  expect(recorded?.input).toEqual({
    ...{ backup_id: copy.id, source_id: uuidOf(100), server_id: uuidOf(1), target: 'nfs' },
  });
  const things = { serverId: uuidOf(1), backupId: uuidOf(100) };
  expect(world.stores.holds.get(copy.operation_id)).toEqual(holdsOf('copy-backup/1', things));
  expect(world.stores.backups.get(uuidOf(100))).toMatchObject({ status: 'available', copy_of: null, protected: true });
  const found = await world.http.get(`/v1/backups?copy_of=${uuidOf(100)}`).set('X-Auth-Token', 'reader');
  expect(backupsAnswer.parse(found.body).backups.map((one) => one.id)).toEqual([copy.id]);
});

test('is not the policy’s: its retention neither counts nor removes it', async () => {
  const { world, row, ask } = worldWith();
  const planned = { policy_id: uuidOf(7), planned_at: '2026-01-01T02:00:00.000Z' };
  world.stores.backups.set(row.id, { ...row, ...planned });
  const copy = backupAnswer.parse((await ask('member', { target: 'nfs' })).body).backup;
  expect(world.stores.backups.get(copy.id)).toMatchObject({ policy_id: null, planned_at: null });
  expect(world.stores.backups.get(row.id)).toMatchObject(planned);
});

test.each([
  [{ target: 'default' }, 'target.same', 400],
  [{ target: 'nowhere' }, 'target.unknown', 400],
  [{}, 'request.invalid', 400],
])('%j is %s', async (copy, code, status) => {
  const { world, ask } = worldWith();
  const answer = await ask('member', copy);
  expect([answer.status, answer.body.errors[0].code]).toEqual([status, `vm-backup.${code}`]);
  expect(world.queue.enqueued).toEqual([]);
});

test('only of what is complete, and only for members of its project', async () => {
  for (const [status, code] of [
    ['creating', 'backup.busy'],
    ['deleting', 'backup.busy'],
    ['error', 'backup.wrong-state'],
  ] as const) {
    const answer = await worldWith(status).ask('member', { target: 'nfs' });
    expect([answer.status, answer.body.errors[0].code]).toEqual([409, `vm-backup.${code}`]);
  }
  const { ask, world } = worldWith();
  expect((await ask('reader', { target: 'nfs' })).status).toBe(403);
  // What is somebody else's answers as what never was, whatever target is named.
  for (const target of ['nfs', 'nowhere']) {
    const answer = await ask('stranger', { target });
    expect([answer.status, answer.body.errors[0].code]).toEqual([404, 'vm-backup.backup.not-found']);
  }
  expect(world.queue.enqueued).toEqual([]);
});
