import { describe, expect, test } from '@jest/globals';
import type { Server, Volume } from '../../../src/ports/openstack.ts';
import { apiWorld, type WorldOptions } from '../../world/api/api-world.ts';
import { attached, server, uuidOf, volume } from '../../world/api/fake-cloud.ts';
import { OTHER_PROJECT, PROJECT } from '../../world/api/people.ts';

const caller = {
  userId: 'u',
  projectId: PROJECT,
  roles: ['member', 'reader'],
  methods: ['password'],
  requestId: 'req-1',
  globalRequestId: null,
  token: 'secret-token',
};
const request = {
  server_id: uuidOf(1),
  name: null,
  description: null,
  incremental: null,
  consistency: 'best' as const,
  target: null,
  metadata: {},
};

async function outcome(things: (Server | Volume)[], wanted: object = {}, options: WorldOptions = {}) {
  const world = apiWorld(options);
  world.cloud.add(...things);
  const error = await world.services.createBackup(caller, { ...request, ...wanted }).then(
    () => null,
    (thrown: { code: string; status: number }) => thrown,
  );
  return { world, said: error ? `${error.status} ${error.code.replace('vm-backup.', '')}` : 'accepted' };
}

const withData = (overrides: Partial<Server> = {}) => server({ volumes: attached(uuidOf(10)), ...overrides });

describe('preconditions', () => {
  test.each<[string, (Server | Volume)[], object, string]>([
    ['a running server', [withData(), volume()], {}, 'accepted'],
    ['a paused one', [withData({ status: 'PAUSED' }), volume()], {}, 'accepted'],
    ['a suspended one', [withData({ status: 'SUSPENDED' }), volume()], {}, 'accepted'],
    ['none', [], {}, '400 server.not-found'],
    ["another project's", [server({ projectId: OTHER_PROJECT })], {}, '400 server.not-found'],
    ['one in the middle of something', [server({ taskState: 'resize_prep' })], {}, '409 server.busy-in-nova'],
    ['a shelved one', [server({ status: 'SHELVED_OFFLOADED' })], {}, '409 server.wrong-state'],
    ['a broken one', [server({ status: 'ERROR' })], {}, '409 server.wrong-state'],
    ['one without disks', [server({ imageId: null })], {}, '400 server.no-disks'],
    ['an encrypted volume', [withData(), volume({ encrypted: true })], {}, '409 volume.encrypted'],
    ['a shared volume', [withData(), volume({ multiattach: true })], {}, '409 volume.multiattach'],
    ["another project's volume", [withData(), volume({ projectId: OTHER_PROJECT })], {}, '409 volume.not-yours'],
    ['a volume that is gone', [withData()], {}, '409 volume.not-yours'],
    ['an unknown target', [withData(), volume()], { target: 'tape' }, '400 target.unknown'],
    ['a known target', [withData(), volume()], { target: 'nfs' }, 'accepted'],
    ['crash, running, one disk', [server()], { consistency: 'crash' }, 'accepted'],
    ['crash, running, two disks', [withData(), volume()], { consistency: 'crash' }, 'accepted'],
    ['crash, stopped', [withData({ status: 'SHUTOFF' }), volume()], { consistency: 'crash' }, 'accepted'],
    ['filesystem, running', [server()], { consistency: 'filesystem' }, 'accepted'],
    ['filesystem, stopped', [withData({ status: 'SHUTOFF' }), volume()], { consistency: 'filesystem' }, 'accepted'],
  ])('%s', async (_what, things, wanted, expected) => {
    const { world, said } = await outcome(things, wanted);
    expect(said).toBe(expected);
    expect(world.stores.operationRows.size).toBe(expected === 'accepted' ? 1 : 0);
    expect(world.audits).toHaveLength(1);
    expect(world.audits[0]).toMatchObject({
      action: 'backups:create',
      outcome: expected === 'accepted' ? 'success' : 'failure',
      initiator: { id: 'u', project_id: PROJECT, request_id: 'req-1' },
    });
    if (expected !== 'accepted')
      expect(world.audits[0]).toMatchObject({
        reason: { reasonCode: expected.slice(0, 3), policyId: `vm-backup.${expected.slice(4)}` },
      });
    expect(JSON.stringify(world.audits) + world.logged()).not.toContain('secret-token');
  });

  test('a reader is refused before anything is looked at', async () => {
    const world = apiWorld();
    await expect(world.services.createBackup({ ...caller, roles: ['reader'] }, request)).rejects.toMatchObject({
      code: 'vm-backup.forbidden',
    });
    expect(world.cloud.seen).toEqual([]);
  });
});

describe('the cap of open operations', () => {
  test('holds when requests race', async () => {
    const world = apiWorld({ maxOpenOperationsPerProject: 5 });
    for (let n = 0; n < 40; n++) world.cloud.add(server({ id: uuidOf(n) }));
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, (_, n) => world.services.createBackup(caller, { ...request, server_id: uuidOf(n) })),
    );
    const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(world.stores.operationRows.size).toBe(5);
    expect(refused).toHaveLength(35);
    expect(new Set(refused.map((one) => `${one.status} ${one.code}`))).toEqual(
      new Set(['403 vm-backup.quota.operations']),
    );
  });

  test("is each project's own", async () => {
    const world = apiWorld({ maxOpenOperationsPerProject: 1 });
    world.cloud.add(server(), server({ id: uuidOf(2), projectId: OTHER_PROJECT }));
    await world.services.createBackup(caller, request);
    await world.services.createBackup({ ...caller, projectId: OTHER_PROJECT }, { ...request, server_id: uuidOf(2) });
    expect(world.queue.enqueued).toHaveLength(2);
  });
});

describe('a queue that fails', () => {
  test('but had taken the job, which a worker has begun: the request was accepted', async () => {
    const world = apiWorld();
    world.cloud.add(server());
    world.queue.fails = new Error('no answer');
    world.stores.operations.forget = async () => false;
    await expect(world.services.createBackup(caller, request)).resolves.toMatchObject({ status: 'creating' });
  });

  test('is asked before anything is recorded: a worker might take up what is there', async () => {
    const world = apiWorld();
    world.cloud.add(server());
    world.queue.away = new Error('no answer');
    // As of a worker that is faster than the answer of the queue.
    world.stores.operations.forget = async () => false;
    await expect(world.services.createBackup(caller, request)).rejects.toThrow('no answer');
    expect(await world.stores.operations.countOpen(PROJECT)).toBe(0);
  });

  test('and a database that fails then, too: 503, and the log knows', async () => {
    const world = apiWorld();
    world.cloud.add(server());
    world.queue.fails = new Error('no answer');
    world.stores.operations.forget = async () => {
      throw new Error('no database');
    };
    await expect(world.services.createBackup(caller, request)).rejects.toMatchObject({ status: 503 });
    expect(world.logged()).toContain('could not be taken back');
  });
});

test('two who delete at once get the same operation', async () => {
  const { backup } = await import('../../world/api/rows.ts');
  const world = apiWorld();
  world.stores.backups.set(uuidOf(100), backup());
  const [first, second] = await Promise.all([
    world.services.deleteBackup(caller, uuidOf(100)),
    world.services.deleteBackup(caller, uuidOf(100)),
  ]);
  expect(first.operation_id).toBe(second.operation_id);
  expect(world.queue.enqueued).toHaveLength(1);
});
