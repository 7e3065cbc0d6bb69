import { describe, expect, test } from '@jest/globals';
import { dryRunAnswer, restoreAnswer, restoresAnswer } from '../../../src/api/restores/schemas.ts';
import { holdsOf } from '../../../src/domain/operations/holds.ts';
import { RESTORE_MODES } from '../../../src/domain/points/restore.ts';
import { apiWorld, type WorldOptions } from '../../world/api/api-world.ts';
import { attached, server, uuidOf, volume } from '../../world/api/fake-cloud.ts';
import { PROJECT } from '../../world/api/people.ts';
import { backup, restore } from '../../world/api/rows.ts';
import { kept } from '../../world/kept.ts';

const BACKUP = uuidOf(100);

function ready(options: WorldOptions = {}) {
  const world = apiWorld(options);
  world.stores.backups.set(BACKUP, backup());
  world.cloud.add(server({ volumes: attached(uuidOf(10)) }), volume());
  const post = (wanted: object) =>
    world.http
      .post('/v1/restores')
      .set('X-Auth-Token', 'member')
      .send({ restore: { backup_id: BACKUP, mode: 'in_place', ...wanted } });
  return { ...world, post };
}

describe('POST /v1/restores', () => {
  test('in place: all disks of the backup into its server', async () => {
    const world = ready();
    const answer = await world.post({ start: true });
    expect(answer.status).toBe(202);
    const made = restoreAnswer.parse(answer.body).restore;
    expect(made).toMatchObject({ mode: 'in_place', status: 'restoring', server_id: uuidOf(1), progress: 0 });
    expect(answer.headers.location).toMatch(new RegExp(`/v1/restores/${made.id}$`));
    expect(world.stores.operationRows.get(made.operation_id)).toMatchObject({
      workflow: 'restore-in-place/1',
      input: {
        restore_id: made.id,
        backup_id: BACKUP,
        server_id: uuidOf(1),
        disks: [uuidOf(1), uuidOf(10)],
        start: true,
      },
    });
    const things = { serverId: uuidOf(1), backupId: BACKUP, volumeIds: [uuidOf(10)] };
    expect(world.stores.holds.get(made.operation_id)).toEqual(holdsOf('restore-in-place/1', things));
  });

  test('by an administrator of another project: it is the project’s whose backup it is', async () => {
    const world = ready();
    const wanted = { backup_id: BACKUP, mode: 'volumes' };
    const answer = await world.http.post('/v1/restores').set('X-Auth-Token', 'admin').send({ restore: wanted });
    expect([answer.status, answer.body]).toEqual([202, expect.anything()]);
    const { id, operation_id } = restoreAnswer.parse(answer.body).restore;
    expect(world.stores.restores.get(id)?.project_id).toBe(PROJECT);
    expect(world.stores.operationRows.get(operation_id)?.project_id).toBe(PROJECT);
  });

  test('volumes: chosen disks, a name, and a server that gets them', async () => {
    const world = ready();
    world.cloud.add(server({ id: uuidOf(2), status: 'SHUTOFF' }));
    const answer = await world.post({ mode: 'volumes', disks: [uuidOf(10)], name: 'rescued', attach_to: uuidOf(2) });
    expect(answer.status).toBe(202);
    const made = restoreAnswer.parse(answer.body).restore;
    expect(world.stores.operationRows.get(made.operation_id)).toMatchObject({
      workflow: 'restore-volumes/1',
      input: {
        restore_id: made.id,
        backup_id: BACKUP,
        disks: [uuidOf(10)],
        attach_to: uuidOf(2),
        name: 'rescued',
      },
    });
    const things = { serverId: uuidOf(1), backupId: BACKUP, attachTo: uuidOf(2) };
    expect(world.stores.holds.get(made.operation_id)).toEqual(holdsOf('restore-volumes/1', things));
  });

  test('a server that is gone does not stop its disks from coming back as volumes', async () => {
    const world = ready();
    world.cloud.servers.clear();
    const answer = await world.post({ mode: 'volumes' });
    expect(answer.status).toBe(202);
    expect(answer.body.restore.server_id).toBeNull();
  });

  test('a dry run lists the plan and every conflict, and changes nothing', async () => {
    const world = ready();
    world.stores.backups.set(BACKUP, backup({ status: 'error' }));
    world.cloud.add(server({ status: 'PAUSED', locked: true, volumes: attached(uuidOf(10)) }), volume());
    world.cloud.snapshots.set(uuidOf(10), 2);
    world.stores.holds.set(uuidOf(300), kept(uuidOf(1)));
    const answer = await world.post({ dry_run: true, disks: [uuidOf(10), uuidOf(77)] });
    expect(answer.status).toBe(200);
    const { plan, conflicts } = dryRunAnswer.parse(answer.body).restore;
    expect(plan.disks).toEqual([
      { disk_id: uuidOf(10), kind: 'volume', size_bytes: 10 * 1024 ** 3, action: 'replace', volume_id: uuidOf(10) },
    ]);
    expect(conflicts.map((one) => one.code)).toEqual([
      'vm-backup.disk.unknown',
      'vm-backup.backup.wrong-state',
      'vm-backup.server.wrong-state',
      'vm-backup.server.locked',
      'vm-backup.volume.has-snapshots',
      'vm-backup.server.busy',
    ]);
    expect(world.stores.restores.size + world.stores.operationRows.size).toBe(0);
    expect(world.queue.enqueued).toEqual([]);
    expect(world.audits).toEqual([]);
  });

  test('a dry run without conflicts says so', async () => {
    const answer = await ready().post({ dry_run: true });
    expect(answer.body.restore.conflicts).toEqual([]);
    expect(answer.body.restore.plan).toMatchObject({ mode: 'in_place', server_id: uuidOf(1), stops_server: true });
  });

  test.each(['in_place', 'volumes'])('instant (%s): where there is a gateway, and of a backup', async (mode) => {
    const world = ready({ instant: true });
    const answer = await world.post({ mode, instant: true });
    expect(answer.status).toBe(202);
    const operation = world.stores.operationRows.get(answer.body.restore.operation_id);
    expect(operation).toMatchObject({ input: { instant: true } });
    const ofSnapshot = await world.post({ mode, instant: true, backup_id: undefined, snapshot_id: uuidOf(9) });
    expect([ofSnapshot.status, ofSnapshot.body.errors[0].code]).toEqual([400, 'vm-backup.request.invalid']);
  });

  test('a data volume that was deleted is made anew, one that was detached is attached again', async () => {
    const world = ready();
    world.cloud.volumes.clear();
    const gone = await world.post({ dry_run: true });
    expect(gone.body.restore.plan.disks[1]).toMatchObject({ action: 'create_volume_and_attach', volume_id: null });
    world.cloud.add(volume({ status: 'available', attachments: [] }));
    const loose = await world.post({ dry_run: true });
    expect(loose.body.restore.plan.disks[1]).toMatchObject({ action: 'replace_and_attach' });
    expect([...gone.body.restore.conflicts, ...loose.body.restore.conflicts]).toEqual([]);
  });

  test('volumes attached since then are kept, or detached when asked; the plan says which', async () => {
    const world = ready();
    world.cloud.add(server({ volumes: attached(uuidOf(10), uuidOf(12)) }));
    const planOf = async (more: object) => (await world.post({ dry_run: true, ...more })).body.restore;
    const kept = { untouched_volumes: [uuidOf(12)], detached_volumes: [] };
    expect((await planOf({})).plan).toMatchObject(kept);
    expect((await planOf({ newer_volumes: 'keep' })).plan).toMatchObject(kept);
    expect(await planOf({ newer_volumes: 'detach' })).toMatchObject({
      plan: { untouched_volumes: [], detached_volumes: [uuidOf(12)] },
      conflicts: [],
    });
    const answer = await world.post({ newer_volumes: 'detach' });
    const { operation_id } = restoreAnswer.parse(answer.body).restore;
    expect(world.stores.operationRows.get(operation_id)?.input).toMatchObject({ detach: [uuidOf(12)] });
  });

  test.each([
    [{ mode: 'new_server' }, 409, 'server.not-recorded'],
    [{ instant: true }, 400, 'instant.unavailable'],
    [{ backup_id: undefined, snapshot_id: uuidOf(9) }, 400, 'snapshot.not-found'],
    [{ backup_id: undefined }, 400, 'request.invalid'],
    [{ snapshot_id: uuidOf(9) }, 400, 'request.invalid'],
    [{ backup_id: uuidOf(99) }, 400, 'backup.not-found'],
    [{ disks: [uuidOf(77)] }, 400, 'disk.unknown'],
    [{ server_id: uuidOf(2) }, 400, 'server.differs'],
    [{ attach_to: uuidOf(2) }, 400, 'request.invalid'],
    [{ mode: 'volumes', start: true }, 400, 'request.invalid'],
    [{ mode: 'volumes', newer_volumes: 'detach' }, 400, 'request.invalid'],
    [{ mode: 'new_server', newer_volumes: 'keep' }, 400, 'request.invalid'],
    [{ newer_volumes: 'delete' }, 400, 'request.invalid'],
    [{ mode: 'volumes', attach_to: uuidOf(66) }, 400, 'server.not-found'],
    [{ flavor_id: 'm1' }, 400, 'request.invalid'],
  ])('refuses %j', async (wanted, status, code) => {
    const world = ready();
    const answer = await world.post(wanted);
    expect([answer.status, answer.body.errors[0].code]).toEqual([status, `vm-backup.${code}`]);
    expect(world.stores.operationRows.size).toBe(0);
  });

  test.each([
    ['a locked server', server({ locked: true }), volume(), 'server.locked'],
    ['a server in the middle of something', server({ taskState: 'powering-off' }), volume(), 'server.busy-in-nova'],
    ['a suspended server', server({ status: 'SUSPENDED' }), volume(), 'server.wrong-state'],
    [
      'a volume of another server',
      server(),
      volume({ attachments: [{ serverId: uuidOf(2), device: null }] }),
      'volume.attached-elsewhere',
    ],
    ['an encrypted volume', server(), volume({ encrypted: true }), 'volume.encrypted'],
    ['a shared volume', server(), volume({ multiattach: true }), 'volume.multiattach'],
    ['a busy volume', server(), volume({ status: 'extending' }), 'volume.wrong-state'],
    ['a smaller volume', server(), volume({ sizeGiB: 9 }), 'restore.disk-smaller'],
    ['a server that now boots from a volume', server({ imageId: null }), volume(), 'restore.root-differs'],
  ])('%s stops a restore in place', async (_what, changed, data, code) => {
    const world = ready();
    world.cloud.add({ ...changed, volumes: attached(uuidOf(10)) }, data);
    const answer = await world.post({});
    expect([answer.status, answer.body.errors[0].code]).toEqual([409, `vm-backup.${code}`]);
  });

  test('a lost root volume cannot be put back into a server', async () => {
    const world = ready();
    const disks = backup()
      .disks.map((one) => ({ ...one, kind: 'root' as const }))
      .slice(1);
    world.stores.backups.set(BACKUP, backup({ disks }));
    world.cloud.volumes.clear();
    const answer = await world.post({});
    expect(answer.body.errors[0].code).toBe('vm-backup.restore.root-volume-gone');
  });

  test('a server that is gone stops a restore in place: 409 by default, 400 when named', async () => {
    const world = ready();
    world.cloud.servers.clear();
    const [silent, named] = [await world.post({}), await world.post({ server_id: uuidOf(1) })];
    expect([silent.status, named.status]).toEqual([409, 400]);
  });
});

describe('GET /v1/restores', () => {
  test('shows and lists what was made', async () => {
    const world = ready();
    world.stores.restores.set(uuidOf(200), restore());
    const shown = await world.http.get(`/v1/restores/${uuidOf(200)}`).set('X-Auth-Token', 'reader');
    expect(restoreAnswer.parse(shown.body).restore).toMatchObject({
      progress: 100,
      volumes: [{ disk_id: uuidOf(10), volume_id: uuidOf(11) }],
    });
    const list = await world.http.get('/v1/restores?mode=volumes').set('X-Auth-Token', 'reader');
    expect(restoresAnswer.parse(list.body).restores).toHaveLength(1);
  });

  test.each(RESTORE_MODES)('finds those of mode %s', async (mode) => {
    const world = ready();
    world.stores.restores.set(uuidOf(200), restore({ mode }));
    const list = await world.http.get(`/v1/restores?mode=${mode}`).set('X-Auth-Token', 'reader');
    expect(restoresAnswer.parse(list.body).restores).toHaveLength(1);
  });
});
