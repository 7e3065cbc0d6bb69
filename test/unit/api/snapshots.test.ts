import { describe, expect, test } from '@jest/globals';
import { restoreAnswer } from '../../../src/api/restores/schemas.ts';
import { snapshotAnswer, snapshotsAnswer, snapshotTreeAnswer } from '../../../src/api/snapshots/schemas.ts';
import { apiWorld } from '../../world/api/api-world.ts';
import { attached, server, uuidOf, volume } from '../../world/api/fake-cloud.ts';
import { PROJECT } from '../../world/api/people.ts';
import { snapshot } from '../../world/api/rows.ts';

const SNAPSHOT = uuidOf(150);

function ready() {
  const world = apiWorld();
  world.stores.snapshots.set(SNAPSHOT, snapshot());
  world.cloud.add(server({ volumes: attached(uuidOf(10)) }), volume());
  const as = (token: string) => ({
    post: (path: string, body: object) => world.http.post(path).set('X-Auth-Token', token).send(body),
    get: (path: string) => world.http.get(path).set('X-Auth-Token', token),
    put: (path: string, body: object) => world.http.put(path).set('X-Auth-Token', token).send(body),
    patch: (body: object, id = SNAPSHOT) =>
      world.http.patch(`/v1/snapshots/${id}`).set('X-Auth-Token', token).send({ snapshot: body }),
    delete: (path: string) => world.http.delete(path).set('X-Auth-Token', token),
  });
  return { ...world, as, member: as('member') };
}

describe('POST /v1/snapshots', () => {
  test('202 with the snapshot in creating, Location, and an operation that holds the server', async () => {
    const world = ready();
    const wanted = { server_id: uuidOf(1), name: 'now', consistency: 'crash', engine: 'rbd', metadata: { why: 'x' } };
    const answer = await world.member.post('/v1/snapshots', { snapshot: wanted });
    expect(answer.status).toBe(202);
    const made = snapshotAnswer.parse(answer.body).snapshot;
    expect(made).toMatchObject({ status: 'creating', name: 'now', server_name: 'web', safety: false, progress: 0 });
    expect(answer.headers.location).toMatch(new RegExp(`/v1/snapshots/${made.id}$`));
    expect(world.stores.operationRows.get(made.operation_id)).toMatchObject({
      workflow: 'create-snapshot/1',
      resource_type: 'snapshot',
      input: { snapshot_id: made.id, server_id: uuidOf(1), consistency: 'crash' },
    });
    expect(world.stores.holds.get(made.operation_id)).toContainEqual({ thing: uuidOf(1), exclusive: true });
  });

  test.each([
    [{ server_id: uuidOf(9) }, 400, 'server.not-found'],
    [{ engine: 'image' }, 400, 'engine.unavailable'],
    [{ parent_id: uuidOf(1) }, 400, 'request.invalid'],
  ])('refuses %j', async (wanted, status, code) => {
    const world = ready();
    const answer = await world.member.post('/v1/snapshots', { snapshot: { server_id: uuidOf(1), ...wanted } });
    expect([answer.status, answer.body.errors[0].code]).toEqual([status, `vm-backup.${code}`]);
    expect(world.stores.operationRows.size).toBe(0);
  });
});

describe('one snapshot', () => {
  test('is shown and listed without what is the operator’s', async () => {
    const world = ready();
    const shown = await world.member.get(`/v1/snapshots/${SNAPSHOT}`);
    snapshotAnswer.parse(shown.body);
    expect(JSON.stringify(shown.body)).not.toMatch(/1a2b3c|environment|volume-/);
    const list = await world.member.get(`/v1/snapshots?server_id=${uuidOf(1)}&safety=false`);
    expect(snapshotsAnswer.parse(list.body).snapshots.map((one) => one.id)).toEqual([SNAPSHOT]);
  });

  test('is renamed and protected; a protected one is not deleted', async () => {
    const world = ready();
    const renamed = await world.member.patch({ name: 'better', protected: true });
    expect(renamed.body.snapshot).toMatchObject({ name: 'better', protected: true });
    const kept = await world.member.delete(`/v1/snapshots/${SNAPSHOT}`);
    expect([kept.status, kept.body.errors[0].code]).toEqual([409, 'vm-backup.snapshot.protected']);
    await world.member.patch({ protected: false });
    const deleted = await world.member.delete(`/v1/snapshots/${SNAPSHOT}`);
    expect([deleted.status, deleted.body.snapshot.status]).toEqual([202, 'deleting']);
    const again = await world.member.delete(`/v1/snapshots/${SNAPSHOT}`);
    expect(again.body.snapshot.operation_id).toBe(deleted.body.snapshot.operation_id);
    expect(world.stores.operationRows.size).toBe(1);
    const late = await world.member.patch({ protected: true });
    expect(late.status).toBe(409);
  });

  test('that expires can be kept, but not be given a time', async () => {
    const world = ready();
    world.stores.snapshots.set(SNAPSHOT, snapshot({ safety: true, expires_at: '2026-06-02T00:00:00.000Z' }));
    expect((await world.member.patch({ expires_at: '2027-01-01T00:00:00Z' })).status).toBe(400);
    expect((await world.member.patch({ expires_at: null })).body.snapshot.expires_at).toBeNull();
    // Nobody is promised what is being deleted.
    const going = { status: 'deleting' as const, safety: true, expires_at: '2026-06-02T00:00:00.000Z' };
    world.stores.snapshots.set(SNAPSHOT, snapshot(going));
    const late = await world.member.patch({ expires_at: null });
    expect([late.status, late.body.errors?.[0].code]).toEqual([409, 'vm-backup.snapshot.busy']);
    expect(world.stores.snapshots.get(SNAPSHOT)?.expires_at).toBe(going.expires_at);
  });

  test('a reader looks and does not touch; another project finds nothing', async () => {
    const world = ready();
    const reader = world.as('reader');
    expect((await reader.get(`/v1/snapshots/${SNAPSHOT}`)).status).toBe(200);
    expect((await reader.get(`/v1/servers/${uuidOf(1)}/snapshot-tree`)).status).toBe(200);
    expect((await reader.post('/v1/snapshots', { snapshot: { server_id: uuidOf(1) } })).status).toBe(403);
    expect((await reader.patch({ name: 'x' })).status).toBe(403);
    expect((await reader.delete(`/v1/snapshots/${SNAPSHOT}`)).status).toBe(403);
    const other = world.as('stranger');
    const missing = await other.get(`/v1/snapshots/${uuidOf(99)}`);
    const foreign = await other.get(`/v1/snapshots/${SNAPSHOT}`);
    expect([foreign.status, foreign.body.errors[0].detail]).toEqual([404, missing.body.errors[0].detail]);
    expect((await other.get(`/v1/servers/${uuidOf(1)}/snapshot-tree`)).status).toBe(404);
    expect((await other.delete(`/v1/snapshots/${SNAPSHOT}`)).status).toBe(404);
  });
});

test('a tree of very many comes in pages', async () => {
  const world = ready();
  for (let n = 1; n <= 4; n++) {
    const made = { parent_id: uuidOf(149 + n), created_at: `2026-02-0${n}T00:00:00.000Z` };
    world.stores.snapshots.set(uuidOf(150 + n), snapshot({ id: uuidOf(150 + n), ...made }));
  }
  const seen: string[] = [];
  let path = `/v1/servers/${uuidOf(1)}/snapshot-tree?limit=2`;
  for (let pages = 0; path !== '' && pages < 9; pages++) {
    const { snapshot_tree, links } = snapshotTreeAnswer.parse((await world.member.get(path)).body);
    expect(snapshot_tree.nodes.length).toBeLessThanOrEqual(2);
    seen.push(...snapshot_tree.nodes.map((node) => node.id));
    path = links[0] ? links[0].href.slice(links[0].href.indexOf('/v1/')) : '';
  }
  expect(seen).toEqual([150, 151, 152, 153, 154].map(uuidOf));
});

describe('GET /v1/servers/{server_id}/snapshot-tree', () => {
  test('all of it, with the place where the server stands', async () => {
    const world = ready();
    world.stores.snapshots.set(uuidOf(151), snapshot({ id: uuidOf(151), parent_id: SNAPSHOT }));
    world.stores.positions.set(uuidOf(1), uuidOf(151));
    const answer = await world.member.get(`/v1/servers/${uuidOf(1)}/snapshot-tree`);
    const tree = snapshotTreeAnswer.parse(answer.body).snapshot_tree;
    expect(tree).toMatchObject({ server_id: uuidOf(1), current_snapshot_id: uuidOf(151) });
    expect(tree.nodes.map((node) => node.parent_id)).toEqual([null, SNAPSHOT]);
  });

  test('a server without snapshots has an empty one; a deleted server keeps its own', async () => {
    const world = ready();
    world.cloud.add(server({ id: uuidOf(2) }));
    const empty = await world.member.get(`/v1/servers/${uuidOf(2)}/snapshot-tree`);
    expect(empty.body.snapshot_tree).toMatchObject({ current_snapshot_id: null, nodes: [] });
    world.cloud.servers.clear();
    const kept = await world.member.get(`/v1/servers/${uuidOf(1)}/snapshot-tree`);
    expect(kept.body.snapshot_tree.nodes).toHaveLength(1);
  });
});

describe('POST /v1/restores of a snapshot', () => {
  test('in place: a revert with a safety snapshot', async () => {
    const world = ready();
    const body = { restore: { snapshot_id: SNAPSHOT, mode: 'in_place' } };
    const answer = await world.member.post('/v1/restores', body);
    const made = restoreAnswer.parse(answer.body).restore;
    expect(made).toMatchObject({ snapshot_id: SNAPSHOT, backup_id: null });
    expect(world.stores.operationRows.get(made.operation_id)).toMatchObject({
      workflow: 'revert-snapshot/1',
      input: { snapshot_id: SNAPSHOT, disks: [uuidOf(1), uuidOf(10)], safety_id: expect.any(String) },
    });
  });

  test('above the quota a server has one safety snapshot only, and keeps none for good', async () => {
    const world = ready();
    const safety = { safety: true, expires_at: '2026-06-02T00:00:00.000Z' };
    world.stores.snapshots.set(uuidOf(160), snapshot({ id: uuidOf(160), ...safety }));
    const limits = (set: object) => world.as('admin').put(`/v1/quota-sets/${PROJECT}`, { quota_set: set });
    const restore = (more: object = {}) =>
      world.member.post('/v1/restores', { restore: { snapshot_id: SNAPSHOT, mode: 'in_place', ...more } });
    const keep = (change: object) => world.member.patch(change, uuidOf(160));
    await limits({ points: 1 });
    const refused = await restore();
    expect([refused.status, refused.body.errors[0].code]).toEqual([403, 'vm-backup.quota.points']);
    expect(refused.body.errors[0].hint).toContain(uuidOf(160));
    expect((await restore({ dry_run: true })).body.restore.conflicts).toMatchObject([
      { code: 'vm-backup.quota.points' },
    ]);
    for (const change of [{ expires_at: null }, { protected: true }])
      expect((await keep(change)).body.errors[0].code).toBe('vm-backup.quota.points');
    expect((await keep({ name: 'before' })).status).toBe(200);
    // back to the safety snapshot itself
    expect((await restore({ snapshot_id: uuidOf(160), dry_run: true })).body.restore.conflicts).toEqual([]);
    await limits({ points: 2 });
    expect((await keep({ expires_at: null })).status).toBe(200);
    await limits({ points: 0 });
    world.stores.snapshots.delete(uuidOf(160));
    expect((await restore()).status).toBe(202);
  });

  test('the plan names what was attached since, and snapshots of volumes are no hindrance', async () => {
    const world = ready();
    world.cloud.snapshots.set(uuidOf(10), 1);
    world.cloud.add(server({ volumes: attached(uuidOf(10), uuidOf(12)) }), volume({ id: uuidOf(12) }));
    const body = { restore: { snapshot_id: SNAPSHOT, mode: 'in_place', dry_run: true } };
    const answer = await world.member.post('/v1/restores', body);
    expect(answer.body.restore.plan).toMatchObject({ snapshot_id: SNAPSHOT, untouched_volumes: [uuidOf(12)] });
    expect(answer.body.restore.conflicts).toEqual([]);
  });
});
