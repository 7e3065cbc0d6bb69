import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type BlankServer, bootBlankServer, dropBlankServer, dropVolumesNamed } from '../world/lab/blank-server.ts';
import { openrc, PROJECT_ROOT } from '../world/lab/lab.ts';
import { available, carryOut, type Installation, install } from '../world/lab/rewind.ts';
import { dropSnapshots, takeSnapshot } from '../world/lab/snapshots.ts';
import { deleteServer, logIn, must, type Tenant } from '../world/lab/tenant.ts';

type Json = Record<string, unknown>;
type Ask = [method: string, path: string, body?: unknown];

let demo: Tenant;
let reader: Tenant;
let other: Tenant;
let rewind: Installation;
let server: BlankServer;
let backups: string[];
let restore: string;
let snapshot: string;
let operation: string;
let policy: string;

beforeAll(async () => {
  [demo, reader, other] = await Promise.all([logIn('demo'), logIn('reader'), logIn('other')]);
  rewind = install();
  rewind.start('all');
  [server] = await Promise.all([bootBlankServer(demo, 'e2e2-tenancy', 4), rewind.ready()]);
  const first = await available(carryOut(rewind, demo, 'backup', { server_id: server.id, name: 'one' }));
  const second = await available(carryOut(rewind, demo, 'backup', { server_id: server.id, name: 'two' }));
  const made = await available(
    carryOut(rewind, demo, 'restore', { backup_id: first.id, mode: 'volumes', name: 'e2e2-tenancy-back' }),
  );
  snapshot = await takeSnapshot(rewind, demo, server.id, 'point');
  backups = [second.id, first.id];
  restore = made.id;
  operation = first.operation_id;
  const wanted = { name: 'yearly', servers: { ids: [server.id] }, schedule: { cron: '0 3 1 1 *' } };
  const answer = await rewind.call<{ policy: { id: string } }>(demo, 'POST', '/v1/policies', { policy: wanted });
  policy = answer.body.policy.id;
});

afterAll(() => rewind.call(demo, 'DELETE', `/v1/policies/${policy}`));
afterAll(() => dropSnapshots(rewind, demo, server.id));
afterAll(() => dropBlankServer(demo, server));
afterAll(() => dropVolumesNamed(demo, 'e2e2-tenancy'));
afterAll(() => rewind.end());

/** The answer as it came over the wire. */
async function raw(token: string | null, [method, path, body]: Ask, more: Record<string, string> = {}) {
  const headers = { 'Content-Type': 'application/json', ...(token === null ? {} : { 'X-Auth-Token': token }), ...more };
  const answer = await fetch(`${rewind.url}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text(), headers: Object.fromEntries(answer.headers) };
}

/** Without what differs between any two requests: our request id, the time, and the ids that were asked for. */
async function bytes(token: string, ask: Ask, ids: Record<string, string>) {
  const answer = await raw(token, ask);
  const requestId = answer.headers['x-openstack-request-id'] ?? '';
  let text = JSON.stringify(answer)
    .replaceAll(requestId, '<request>')
    .replace(/"date":"[^"]*"/, '"date"');
  for (const [id, name] of Object.entries(ids)) text = text.replaceAll(id, name);
  return { status: answer.status, text };
}

/** Each route that takes an id of ours, for a thing of each kind. */
const routesWithIds = (ids: Record<'backup' | 'restore' | 'snapshot' | 'operation' | 'policy', string>): Ask[] => [
  ['GET', `/v1/backups/${ids.backup}`],
  ['PATCH', `/v1/backups/${ids.backup}`, { backup: { name: 'mine' } }],
  ['DELETE', `/v1/backups/${ids.backup}`],
  ['POST', `/v1/backups/${ids.backup}/verify`],
  ['POST', `/v1/backups/${ids.backup}/copies`, { copy: { target: 'second' } }],
  ['GET', `/v1/snapshots/${ids.snapshot}`],
  ['PATCH', `/v1/snapshots/${ids.snapshot}`, { snapshot: { protected: true } }],
  ['DELETE', `/v1/snapshots/${ids.snapshot}`],
  ['GET', `/v1/restores/${ids.restore}`],
  ['GET', `/v1/operations/${ids.operation}`],
  ['POST', `/v1/operations/${ids.operation}/cancel`],
  ['GET', `/v1/policies/${ids.policy}`],
  ['GET', `/v1/policies/${ids.policy}/simulate?from=2027-01-01&until=2027-01-02`],
  ['PATCH', `/v1/policies/${ids.policy}`, { policy: { name: 'mine' } }],
  ['DELETE', `/v1/policies/${ids.policy}`],
];
const ours = () => ({ backup: backups[0] ?? '', restore, snapshot, operation, policy });
const ofNothing = () => ({
  backup: randomUUID(),
  restore: randomUUID(),
  snapshot: randomUUID(),
  operation: randomUUID(),
  policy: randomUUID(),
});
const namesOf = (ids: Record<string, string>) =>
  Object.fromEntries(Object.entries(ids).map(([kind, id]) => [id, `<${kind}>`]));
const LISTS = ['backups', 'snapshots', 'restores', 'operations', 'policies', 'policy-runs', 'messages'];

/** All that a project's member can see; nothing that is refused may change it. */
async function everything(who: Tenant): Promise<unknown> {
  const lists = await Promise.all(LISTS.map(async (list) => (await rewind.call(who, 'GET', `/v1/${list}`)).body));
  const volumes = await must(demo.call('volume', 'GET', '/volumes?name=e2e2-tenancy-back'));
  return { lists, volumes };
}

describe('a reader of the project', () => {
  test('sees what a member sees', async () => {
    const seen = await everything(reader);
    expect(seen).toEqual(await everything(demo));
    expect((seen as { lists: Json[][] }).lists[0]).toMatchObject({ backups: [{ id: backups[0] }, { id: backups[1] }] });
    for (const [method, path] of routesWithIds(ours()).filter(([how]) => how === 'GET')) {
      const [his, hers] = await Promise.all([rewind.call(reader, method, path), rewind.call(demo, method, path)]);
      expect([his.status, his.body]).toEqual([200, hers.body]);
    }
  });

  test('may change nothing', async () => {
    const before = await everything(demo);
    const restores = ['in_place', 'volumes', 'new_server'].flatMap((mode) =>
      [false, true].map(
        (dry_run): Ask => ['POST', '/v1/restores', { restore: { backup_id: backups[0], mode, dry_run } }],
      ),
    );
    const asks: Ask[] = [
      ['POST', '/v1/backups', { backup: { server_id: server.id } }],
      ['POST', '/v1/backups', { backup: { server_id: randomUUID() } }],
      ['POST', '/v1/snapshots', { snapshot: { server_id: server.id } }],
      ['POST', '/v1/restores', { restore: { snapshot_id: snapshot, mode: 'in_place' } }],
      ['POST', '/v1/policies', { policy: { servers: { all: true }, schedule: { cron: '0 3 1 1 *' } } }],
      ['PUT', `/v1/quota-sets/${demo.projectId}`, { quota_set: { points: -1 } }],
      ['DELETE', `/v1/quota-sets/${demo.projectId}`],
      ...restores,
      ...routesWithIds(ours()).filter(([how]) => how !== 'GET'),
    ];
    for (const [method, path, body] of asks) {
      const answer = await rewind.call<{ errors: Json[] }>(reader, method, path, body);
      expect([method, path, answer.status, answer.body.errors[0]?.code]).toEqual([
        method,
        path,
        403,
        'vm-backup.forbidden',
      ]);
    }
    expect(await everything(demo)).toEqual(before);
  });

  test('is not told what exists elsewhere either', async () => {
    for (const ask of routesWithIds(ofNothing())) {
      const { status } = await raw(reader.token, ask);
      expect([ask, status]).toEqual([ask, ask[0] === 'GET' ? 404 : 403]);
    }
  });
});

describe('another project', () => {
  test('has empty lists, however it asks', async () => {
    const questions = [
      '',
      '?with_count=true',
      `?project_id=${demo.projectId}`,
      `?id=${backups[0]}`,
      `?user_id=${demo.userId}`,
      '?sort=created_at:asc&limit=1000',
    ];
    for (const list of LISTS) {
      const asked = questions.filter((one) => !one.includes('user_id') || !['policy-runs', 'messages'].includes(list));
      for (const question of asked) {
        const { status, body } = await rewind.call(other, 'GET', `/v1/${list}${question}`);
        expect([question, status, body]).toEqual([
          question,
          200,
          { [list]: [], links: [], ...(question.includes('count') && { count: 0 }) },
        ]);
      }
      const all = await rewind.call(other, 'GET', `/v1/${list}?all_projects=true`);
      expect(all.status).toBe(403);
    }
    expect((await rewind.call(other, 'GET', `/v1/backups?server_id=${server.id}`)).body.backups).toEqual([]);
    expect((await rewind.call(other, 'GET', `/v1/operations?resource_id=${backups[0]}`)).body.operations).toEqual([]);
  });

  test('gets for our ids, byte for byte, what it gets for ids of nothing', async () => {
    const before = await everything(demo);
    const nothing = ofNothing();
    const strangers = routesWithIds(nothing);
    for (const [index, ask] of routesWithIds(ours()).entries()) {
      const answer = await bytes(other.token, ask, namesOf(ours()));
      expect([ask, answer.status]).toEqual([ask, 404]);
      expect(answer).toEqual(await bytes(other.token, strangers[index] as Ask, namesOf(nothing)));
    }
    for (const list of LISTS) {
      const marker =
        { backups: backups[0], snapshots: snapshot, restores: restore, operations: operation }[list] ?? policy;
      const unknown = randomUUID();
      const answer = await bytes(other.token, ['GET', `/v1/${list}?marker=${marker}`], { [marker]: '<id>' });
      expect(answer.status).toBe(400);
      expect(answer).toEqual(await bytes(other.token, ['GET', `/v1/${list}?marker=${unknown}`], { [unknown]: '<id>' }));
    }
    expect(await everything(demo)).toEqual(before);
  });

  test('cannot name our server, backup or disks in a body', async () => {
    const before = await everything(demo);
    const [backup = ''] = backups;
    const bodies = (ids: { server: string; backup: string; snapshot: string; disk: string }): Ask[] => [
      ['POST', '/v1/backups', { backup: { server_id: ids.server } }],
      ['POST', '/v1/snapshots', { snapshot: { server_id: ids.server } }],
      ['POST', '/v1/policies', { policy: { servers: { ids: [ids.server] }, schedule: { cron: '0 3 1 1 *' } } }],
      ...['in_place', 'volumes', 'new_server'].map(
        (mode): Ask => ['POST', '/v1/restores', { restore: { snapshot_id: ids.snapshot, mode } }],
      ),
      ...['in_place', 'volumes', 'new_server'].flatMap((mode): Ask[] => [
        ['POST', '/v1/restores', { restore: { backup_id: ids.backup, mode } }],
        ['POST', '/v1/restores', { restore: { backup_id: ids.backup, mode, dry_run: true } }],
        ['POST', '/v1/restores', { restore: { backup_id: ids.backup, mode, disks: [ids.disk] } }],
      ]),
      ['POST', '/v1/restores', { restore: { backup_id: ids.backup, mode: 'volumes', attach_to: ids.server } }],
      ['POST', '/v1/restores', { restore: { backup_id: ids.backup, mode: 'in_place', server_id: ids.server } }],
    ];
    const real = { server: server.id, backup, snapshot, disk: server.volume };
    const none = { server: randomUUID(), backup: randomUUID(), snapshot: randomUUID(), disk: randomUUID() };
    const strangers = bodies(none);
    for (const [index, ask] of bodies(real).entries()) {
      const answer = await bytes(other.token, ask, namesOf(real));
      expect([ask, answer.status]).toEqual([ask, 400]);
      expect(answer).toEqual(await bytes(other.token, strangers[index] as Ask, namesOf(none)));
    }
    expect(await everything(demo)).toEqual(before);
    expect((await rewind.call(other, 'GET', '/v1/operations')).body.operations).toEqual([]);
  });

  test('has servers that we cannot name either, not even while they are being built', async () => {
    const { images } = await must<{ images: { id: string }[] }>(other.call('image', 'GET', '/v2/images?name=lab'));
    const { flavors } = await must<{ flavors: { id: string; name: string }[] }>(
      other.call('compute', 'GET', '/flavors'),
    );
    const flavorRef = flavors.find((one) => one.name === 'lab.small')?.id;
    const wanted = { name: 'e2e2-theirs', flavorRef, imageRef: images[0]?.id, networks: 'none' };
    const theirs = await must<{ server: { id: string } }>(
      other.call('compute', 'POST', '/servers', { server: wanted }),
    );
    try {
      const unknown = randomUUID();
      const bodies = (id: string): Ask[] => [
        ['POST', '/v1/backups', { backup: { server_id: id } }],
        ['POST', '/v1/snapshots', { snapshot: { server_id: id } }],
        ['POST', '/v1/restores', { restore: { backup_id: backups[0], mode: 'volumes', attach_to: id } }],
        ['POST', '/v1/restores', { restore: { backup_id: backups[0], mode: 'in_place', server_id: id } }],
      ];
      for (const [index, ask] of bodies(theirs.server.id).entries()) {
        const answer = await bytes(demo.token, ask, { [theirs.server.id]: '<id>' });
        expect([ask, answer.status]).toEqual([ask, 400]);
        expect(answer).toEqual(await bytes(demo.token, bodies(unknown)[index] as Ask, { [unknown]: '<id>' }));
      }
    } finally {
      await deleteServer(other, theirs.server.id);
    }
  });
});

test('quotas and servers are a project’s own; of another project nobody is told anything', async () => {
  for (const path of ['/v1/limits', '/v1/servers', `/v1/quota-sets/${demo.projectId}`])
    expect([path, (await raw(reader.token, ['GET', path])).status]).toEqual([path, 200]);
  for (const [method, body] of [
    ['GET', undefined],
    ['PUT', { quota_set: { points: 0 } }],
    ['DELETE', undefined],
  ] as const) {
    const unknown = randomUUID().replaceAll('-', '');
    const [theirs, none] = [demo.projectId, unknown].map((id): Ask => [method, `/v1/quota-sets/${id}`, body]);
    const foreign = await bytes(other.token, theirs as Ask, { [demo.projectId]: '<id>' });
    expect(foreign.status).toBe(403);
    expect(foreign).toEqual(await bytes(other.token, none as Ask, { [unknown]: '<id>' }));
  }
  const seen = (await rewind.call<{ servers: Json[] }>(other, 'GET', '/v1/servers')).body.servers;
  expect(seen.filter((one) => one.id === server.id)).toEqual([]);
});

test('the tree of a server is its project’s, and looks like that of no server to others', async () => {
  const path = (id: string): Ask => ['GET', `/v1/servers/${id}/snapshot-tree`];
  expect((await raw(reader.token, path(server.id))).status).toBe(200);
  const unknown = randomUUID();
  const foreign = await bytes(other.token, path(server.id), { [server.id]: '<id>' });
  expect(foreign.status).toBe(404);
  expect(foreign).toEqual(await bytes(other.token, path(unknown), { [unknown]: '<id>' }));
});

describe('who asks', () => {
  const routes = (): Ask[] => [
    ...LISTS.map((list): Ask => ['GET', `/v1/${list}`]),
    ['POST', '/v1/backups', { backup: { server_id: server.id } }],
    ['POST', '/v1/restores', { restore: { backup_id: backups[0], mode: 'in_place' } }],
    ...routesWithIds(ours()),
    ['GET', '/v1/nothing'],
  ];
  const claims = () => ({
    'X-Identity-Status': 'Confirmed',
    'X-User-Id': demo.userId,
    'X-Project-Id': demo.projectId,
    'X-Tenant-Id': demo.projectId,
    'X-Roles': 'admin,member,reader',
    'X-Is-Admin-Project': 'True',
    'X-Service-Identity-Status': 'Confirmed',
    'X-Service-Roles': 'service,admin',
    'OpenStack-System-Scope': 'all',
    'Remote-User': 'admin',
  });

  test('is unknown without a valid token: 401, with the way to Keystone', async () => {
    for (const ask of routes()) {
      for (const [token, more] of [
        [null, {}],
        ['gAAAAABnope', {}],
        [null, claims()],
        ['', {}],
      ] as const) {
        const answer = await raw(token, ask, more);
        expect([ask, answer.status, answer.headers['www-authenticate']]).toEqual([
          ask,
          401,
          expect.stringMatching(/^Keystone uri="http.+"$/),
        ]);
        expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ status: 401, code: 'vm-backup.unauthorized' }] });
      }
    }
  });

  test('is what the token says, not what headers say', async () => {
    for (const list of LISTS) {
      const answer = await raw(other.token, ['GET', `/v1/${list}`], claims());
      expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { [list]: [], links: [] }]);
      expect((await raw(other.token, ['GET', `/v1/${list}?all_projects=true`], claims())).status).toBe(403);
    }
    expect((await raw(other.token, ['GET', `/v1/backups/${backups[0]}`], claims())).status).toBe(404);
    expect((await raw(reader.token, ['DELETE', `/v1/backups/${backups[0]}`], claims())).status).toBe(403);
    expect(
      (await raw(demo.token, ['GET', `/v1/backups/${backups[0]}`], { ...claims(), 'X-Project-Id': other.projectId }))
        .status,
    ).toBe(200);
    // A user's token is no service's, even his own.
    expect((await raw(demo.token, ['GET', '/v1/backups'], { 'X-Service-Token': demo.token })).status).toBe(401);
  });

  test('need not be said to discover what is here', async () => {
    for (const path of ['', '/', '/v1', '/v1/', '/v1/openapi.json', '/healthcheck']) {
      expect([path, (await raw(null, ['GET', path])).status]).toEqual([path, 200]);
    }
    const { text } = await raw(null, ['GET', '/v1/']);
    expect(JSON.parse(text)).toMatchObject({
      version: { id: 'v1.0', status: 'CURRENT', links: [{ rel: 'self', href: `${rewind.url}/v1/` }, {}] },
    });
  });

  test('may be openstacksdk: it discovers, pages, creates and waits, renames, deletes and waits', async () => {
    const script = join(PROJECT_ROOT, 'test/world/lab/sdk_backups.py');
    const env = { PATH: '/usr/bin:/bin', HOME: rewind.folder, ...openrc('demo') };
    const { stdout } = await promisify(execFile)('/usr/bin/python3', [script, rewind.url, server.id], {
      env,
      timeout: 240_000,
    });
    const answer = JSON.parse(stdout) as { made: { id: string } };
    expect(answer).toEqual({
      versions: [[1, 0]],
      paged: backups,
      in_one: backups,
      first_status: 'creating',
      made: { id: expect.any(String), status: 'available', progress: 100, name: 'e2e2-sdk', metadata: { by: 'sdk' } },
      renamed: 'e2e2-renamed',
      gone: expect.stringContaining('There is no such backup.'),
    });
    expect(backups).not.toContain(answer.made.id);
  });
});
