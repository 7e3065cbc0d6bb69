import { describe, expect, test } from '@jest/globals';
import { backupAnswer, backupsAnswer } from '../../../src/api/backups/schemas.ts';
import { operationAnswer } from '../../../src/api/operations/schemas.ts';
import { apiWorld } from '../../world/api/api-world.ts';
import { attached, server, uuidOf, volume } from '../../world/api/fake-cloud.ts';
import { OTHER_PROJECT } from '../../world/api/people.ts';
import { backup, operation } from '../../world/api/rows.ts';

const body = (extra: object = {}) => ({ backup: { server_id: uuidOf(1), ...extra } });

describe('POST /v1/backups', () => {
  test('202 with the backup in creating, Location, and an operation in the queue', async () => {
    const world = apiWorld();
    world.cloud.add(server({ volumes: attached(uuidOf(10)) }), volume());
    const wanted = { name: 'before upgrade', incremental: true, metadata: { why: 'upgrade' } };
    const answer = await world.http.post('/v1/backups').set('X-Auth-Token', 'member').send(body(wanted));
    expect(answer.status).toBe(202);
    expect(backupAnswer.parse(answer.body).backup).toMatchObject({
      ...wanted,
      status: 'creating',
      progress: 0,
      server_id: uuidOf(1),
      server_name: 'web',
      target: 'default',
    });
    const { id, operation_id, links } = answer.body.backup;
    expect(answer.headers.location).toBe(`https://api.example.com/vm-backup/v1/backups/${id}`);
    expect(links[0]).toEqual({ rel: 'self', href: answer.headers.location });
    expect(world.queue.enqueued).toEqual([operation_id]);
    const recorded = world.stores.operationRows.get(operation_id);
    expect(recorded).toMatchObject({
      workflow: 'create-backup/1',
      resource_id: id,
      request_id: answer.headers['x-openstack-request-id'],
      deadline_at: '2026-06-02T00:00:00.000Z',
    });
    expect(recorded?.input).toEqual({
      backup_id: id,
      server_id: uuidOf(1),
      incremental: true,
      consistency: 'best',
      target: 'default',
    });
    expect(world.stores.holds.get(operation_id)).toContainEqual({ thing: uuidOf(1), exclusive: true });
    expect(JSON.stringify([...world.stores.operationRows.values()])).not.toContain('member');
  });

  test('carries the global request id to Nova, ours where there is none', async () => {
    const world = apiWorld();
    world.cloud.add(server());
    const global = 'req-0a0a0a0a-0000-4000-8000-0b0b0b0b0b0b';
    const answer = await world.http
      .post('/v1/backups')
      .set({ 'X-Auth-Token': 'member', 'X-OpenStack-Request-ID': global })
      .send(body());
    expect(world.cloud.seen[0]).toEqual({ requestId: global, token: 'member' });
    expect(answer.headers['x-openstack-request-id']).not.toBe(global);
    expect(world.stores.operationRows.get(answer.body.backup.operation_id)?.global_request_id).toBe(global);
  });

  test('nothing remains when the queue does not answer', async () => {
    const world = apiWorld();
    world.cloud.add(server());
    world.queue.fails = new Error('canary: redis at 10.0.0.1');
    const answer = await world.http.post('/v1/backups').set('X-Auth-Token', 'member').send(body());
    expect(answer.status).toBe(503);
    expect(answer.body.errors[0].code).toBe('vm-backup.queue.unavailable');
    expect(answer.headers['retry-after']).toBeDefined();
    expect(answer.text).not.toContain('canary');
    expect(world.stores.backups.size + world.stores.operationRows.size + world.stores.holds.size).toBe(0);
  });

  test('a busy server is 409', async () => {
    const world = apiWorld();
    world.cloud.add(server());
    await world.http.post('/v1/backups').set('X-Auth-Token', 'member').send(body());
    const answer = await world.http.post('/v1/backups').set('X-Auth-Token', 'member').send(body());
    expect([answer.status, answer.body.errors[0].code]).toEqual([409, 'vm-backup.server.busy']);
    expect(world.stores.backups.size).toBe(1);
  });
});

describe('/v1/backups/{id}', () => {
  test('shows all fields, and the progress of its operation', async () => {
    const world = apiWorld();
    world.stores.backups.set(uuidOf(100), backup({ status: 'creating' }));
    world.stores.operationRows.set(uuidOf(300), operation());
    const answer = await world.http.get(`/v1/backups/${uuidOf(100)}`).set('X-Auth-Token', 'reader');
    expect(backupAnswer.parse(answer.body).backup.progress).toBe(40);
  });

  test('says whether others were made as differences to it', async () => {
    const world = apiWorld();
    world.stores.backups.set(uuidOf(100), backup());
    world.stores.backups.set(uuidOf(101), backup({ id: uuidOf(101), base_backup_id: uuidOf(100) }));
    const answer = await world.http.get('/v1/backups?sort=id').set('X-Auth-Token', 'reader');
    const listed = backupsAnswer.parse(answer.body).backups;
    expect(listed.map((one) => one.has_dependent_backups)).toEqual([true, false]);
  });

  test('PATCH changes what it names', async () => {
    const world = apiWorld();
    world.stores.backups.set(uuidOf(100), backup({ description: 'keep' }));
    const answer = await world.http
      .patch(`/v1/backups/${uuidOf(100)}`)
      .set('X-Auth-Token', 'member')
      .send({ backup: { name: null, metadata: { a: 'b' } } });
    expect(answer.status).toBe(200);
    expect(backupAnswer.parse(answer.body).backup).toMatchObject({
      name: null,
      description: 'keep',
      metadata: { a: 'b' },
      updated_at: '2026-06-01T00:00:00.000Z',
    });
    expect(world.stores.backups.get(uuidOf(100))?.name).toBeNull();
  });

  test('DELETE answers 202, and again with the same operation', async () => {
    const world = apiWorld();
    world.stores.backups.set(uuidOf(100), backup({ status: 'error' }));
    const first = await world.http.delete(`/v1/backups/${uuidOf(100)}`).set('X-Auth-Token', 'member');
    const second = await world.http.delete(`/v1/backups/${uuidOf(100)}`).set('X-Auth-Token', 'member');
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(first.body.backup).toMatchObject({ status: 'deleting' });
    expect(second.body.backup.operation_id).toBe(first.body.backup.operation_id);
    expect(world.queue.enqueued).toEqual([first.body.backup.operation_id]);
    expect(world.stores.operationRows.get(world.queue.enqueued[0] ?? '')).toMatchObject({
      workflow: 'delete-backup/1',
      input: { backup_id: uuidOf(100) },
    });
  });

  test('a delete that cannot be queued leaves the backup as it was', async () => {
    const world = apiWorld();
    world.stores.backups.set(uuidOf(100), backup());
    world.queue.fails = new Error('down');
    const answer = await world.http.delete(`/v1/backups/${uuidOf(100)}`).set('X-Auth-Token', 'member');
    expect(answer.status).toBe(503);
    expect(world.stores.backups.get(uuidOf(100))).toEqual(backup());
  });

  test.each(['delete', 'verify'])('%s of a backup in creating is 409', async (verb) => {
    const world = apiWorld();
    world.stores.backups.set(uuidOf(100), backup({ status: 'creating' }));
    const path = `/v1/backups/${uuidOf(100)}`;
    const request = verb === 'delete' ? world.http.delete(path) : world.http.post(`${path}/verify`);
    const answer = await request.set('X-Auth-Token', 'member');
    expect([answer.status, answer.body.errors[0].code]).toEqual([409, 'vm-backup.backup.busy']);
  });

  test.each([undefined, {}])('verify with body %p answers with the operation that does it', async (sent) => {
    const world = apiWorld();
    world.stores.backups.set(uuidOf(100), backup());
    const answer = await world.http
      .post(`/v1/backups/${uuidOf(100)}/verify`)
      .set('X-Auth-Token', 'member')
      .send(sent);
    expect(answer.status).toBe(202);
    const { operation: begun } = operationAnswer.parse(answer.body);
    expect(begun).toMatchObject({ action: 'verify-backup', status: 'queued', resource_id: uuidOf(100) });
    expect(answer.headers.location).toMatch(new RegExp(`/v1/operations/${begun.id}$`));
  });
});

describe('protection', () => {
  const patch = (world: ReturnType<typeof apiWorld>, change: object) =>
    world.http
      .patch(`/v1/backups/${uuidOf(100)}`)
      .set('X-Auth-Token', 'member')
      .send({ backup: change });

  test('who may not delete it hears so of his own project’s, and of another’s what he would hear of none', async () => {
    const policy = { 'vm-backup:all_projects': 'role:reader', 'vm-backup:backups:delete': 'user_id:%(user_id)s' };
    const world = apiWorld({ policy });
    const ben = '99'.repeat(16);
    world.stores.backups.set(uuidOf(100), backup({ user_id: ben }));
    world.stores.backups.set(uuidOf(101), backup({ id: uuidOf(101), user_id: ben, project_id: OTHER_PROJECT }));
    const heard = async (id: string) => {
      const answer = await world.http.delete(`/v1/backups/${id}`).set('X-Auth-Token', 'member');
      return [answer.status, answer.body.errors[0].code];
    };
    expect(await heard(uuidOf(100))).toEqual([403, 'vm-backup.forbidden']);
    expect(await heard(uuidOf(101))).toEqual([404, 'vm-backup.backup.not-found']);
    expect(await heard(uuidOf(102))).toEqual([404, 'vm-backup.backup.not-found']);
  });

  test('DELETE is refused when the backup was protected after it was looked at', async () => {
    const world = apiWorld();
    world.stores.backups.set(uuidOf(100), backup());
    const { record } = world.stores.operations;
    world.stores.operations.record = async (entry) => {
      // The other request, which was answered with 200.
      expect((await patch(world, { protected: true })).status).toBe(200);
      await record(entry);
    };
    const answer = await world.http.delete(`/v1/backups/${uuidOf(100)}`).set('X-Auth-Token', 'member');
    expect([answer.status, answer.body.errors[0].code]).toEqual([409, 'vm-backup.backup.protected']);
    expect(world.stores.backups.get(uuidOf(100))).toMatchObject({ protected: true, status: 'available' });
  });

  test('PATCH protected is refused when the deletion began after it was looked at', async () => {
    const world = apiWorld();
    world.stores.backups.set(uuidOf(100), backup());
    const { keepBackup } = world.stores.catalogue;
    world.stores.catalogue.keepBackup = async (id, change) => {
      world.stores.backups.set(id, backup({ status: 'deleting' }));
      return keepBackup(id, change);
    };
    const answer = await patch(world, { protected: true });
    expect([answer.status, answer.body.errors[0].code]).toEqual([409, 'vm-backup.backup.busy']);
  });

  test('to take it away is a right of its own', async () => {
    const world = apiWorld({ policy: { 'vm-backup:backups:unprotect': 'rule:admin_required' } });
    world.stores.backups.set(uuidOf(100), backup({ protected: true }));
    expect((await patch(world, { name: 'x', protected: true })).status).toBe(200);
    expect((await patch(world, { protected: false })).status).toBe(403);
    expect(world.stores.backups.get(uuidOf(100))).toMatchObject({ name: 'x', protected: true });
    expect((await patch(apiWorld(), { protected: false })).status).toBe(404);
  });
});
