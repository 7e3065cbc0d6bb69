import { describe, expect, test } from '@jest/globals';
import { RewindError } from '../../../src/domain/errors.ts';
import { payDue } from '../../../src/maintenance/debts/pay-debts.ts';
import { payers } from '../../../src/maintenance/debts/payers.ts';
import type { Workflow } from '../../../src/workflow-engine/workflow.ts';
import { oweLeft } from '../../../src/workflows/left-behind.ts';
import { workflows } from '../../../src/workflows/recipes.ts';
import { lockServer, stopServer, unlockServer } from '../../../src/workflows/steps/server/server-power.ts';
import { createVolume } from '../../../src/workflows/steps/volume/create-volume.ts';
import { detachVolume } from '../../../src/workflows/steps/volume/detach-volume.ts';
import { guardVolume, releaseVolume } from '../../../src/workflows/steps/volume/guard-volume.ts';
import type { AnyRecipeStep, ServerMessage, World } from '../../../src/workflows/world.ts';
import { debtsInMemory } from '../../world/debts-in-memory.ts';
import { newOperation, recipeBench } from '../../world/engine-bench.ts';
import { MemoryCeph } from '../../world/memory-ceph.ts';
import { MemoryCloud } from '../../world/memory-cloud.ts';
import { silentLog } from '../../world/silent-log.ts';
import { toyError } from '../../world/toy-error.ts';
import { diskId, SERVER } from '../archive/support/backups.ts';

const PROJECT = 'p1';
const VOLUME = diskId(2);
const BEGIN = '2026-01-01T00:00:00.000Z';
const IMAGE = `volumes/volume-${VOLUME}`;

type Line = [step: AnyRecipeStep, input: object];
interface Scene {
  /** Run before the point of no return, and behind it. */
  before: Line[];
  after?: Line[];
  /** Before the point of no return, after all. */
  fails?: boolean;
}

/** Some steps in a cloud with a running server and a volume of the project's. */
async function bench({ before, after = [], fails = false }: Scene, crashAt?: (place: string) => boolean) {
  const storage = new MemoryCeph();
  const cloud = new MemoryCloud(storage, PROJECT);
  const on = { status: 'in-use', attachments: [{ serverId: SERVER, device: '/dev/vdb' }] };
  const volume = { id: VOLUME, nameId: VOLUME, projectId: PROJECT, host: null, sizeGiB: 1, metadata: {}, ...on };
  cloud.volumes.set(VOLUME, { ...volume, deleteWithServer: false } as never);
  cloud.servers.set(SERVER, { id: SERVER, status: 'ACTIVE', locked: null, imageDisk: true, imageId: 'i' } as never);
  for (const name of [IMAGE, `vms/${SERVER}_disk`]) storage.put(name, 1);
  const steps = [...new Set([...before, ...after].map(([step]) => step))];
  const workflow: Workflow<World> = {
    name: 'create-backup/1',
    steps,
    async run(run) {
      for (const [step, input] of before) await run.step(step, input);
      if (fails) throw toyError('toy.failed', 'It went wrong later.');
      await run.pointOfNoReturn();
      for (const [step, input] of after) await run.step(step, input);
      return {};
    },
    ended: () => ({}),
  };
  const world = {} as unknown as World;
  const made = await recipeBench({ world, workflow, operation: newOperation() }, crashAt);
  const debts = debtsInMemory(() => made.clock.now());
  const operations = { holderOf: async (): Promise<string | undefined> => undefined };
  Object.assign(world, {
    ...{ ceph: storage.ceph, cloud: { tenant: () => cloud.hands, admin: cloud.hands }, operations },
    ...{ clock: made.clock, debts, settings: { rootPool: 'vms', volumePool: 'volumes', volumeHosts: {} } },
  });
  made.engine.left = oweLeft;
  const seen = async () => (await made.operations.operation(made.operation.id, 'p1'))?.status;
  /** Looks at the debts for so long. */
  const pay = async (minutes = 0) => {
    const untilMs = made.clock.now() + minutes * 60_000;
    do {
      await payDue({ world, debts, log: silentLog }, payers, new AbortController().signal);
      for (let ms = 0; ms < 15_000 && minutes > 0; ms += 1000) await made.clock.sleep(1000);
    } while (made.clock.now() < untilMs);
  };
  return { ...made, world, cloud, storage, debts, pay, seen, volume: () => cloud.volumes.get(VOLUME) };
}

const away = async (): Promise<never> => {
  throw new RewindError('openstack.unavailable', 'No answer.');
};

/** Until it is given back, these calls get no answer. */
function breakCalls<T extends object>(service: T, ...names: (keyof T)[]): () => void {
  const whole = { ...service };
  for (const name of names) Object.assign(service, { [name]: away });
  return () => void Object.assign(service, whole);
}

const server = { serverId: SERVER };
const guarded = { volumeId: VOLUME, usual: 'in-use', serverId: SERVER };
const wish = { name: 'v', description: null, sizeGiB: 7, volumeType: null, availabilityZone: null, metadata: {} };
const create: Line = [createVolume, { diskId: VOLUME, volume: wish }];
const kinds = ({ rows }: { rows: { kind: string }[] }) => rows.map((row) => row.kind);

describe('a server that was locked for a failed restore', () => {
  const steps: Line[] = [
    [lockServer, server],
    [stopServer, { ...server, running: true }],
    [detachVolume, { ...server, volumeId: VOLUME, deleteOnTermination: true }],
  ];

  const breaksForUndo = ({ engine, cloud }: Awaited<ReturnType<typeof bench>>): (() => void) => {
    let repair: (() => void) | undefined;
    engine.boundary = (_workflow, _key, place) => {
      if (place === 'before-undo') repair ??= breakCalls(cloud.compute, 'attachVolume', 'startServer', 'unlockServer');
    };
    return () => repair?.();
  };

  test('when Nova does not answer, gets back what it had, its state and its freedom as soon as it does', async () => {
    const one = await bench({ before: steps, fails: true });
    const repair = breaksForUndo(one);
    expect(await one.execute()).toBe('failed');
    expect(one.cloud.servers.get(SERVER)?.locked).toContain(one.operation.id);
    expect(kinds(one.debts)).toEqual(['unlock-server']);
    await one.pay();
    expect(one.debts.rows).toMatchObject([{ tries: 1 }]);
    repair();
    await one.pay(10);
    expect(one.cloud.servers.get(SERVER)).toMatchObject({ status: 'ACTIVE', locked: null });
    expect(one.volume()).toMatchObject({ status: 'in-use', deleteWithServer: true });
    expect(one.debts.rows).toEqual([]);
    await one.close();
  });

  test('is unlocked in the end, when its volume can never be attached again', async () => {
    const one = await bench({ before: steps, fails: true });
    const repair = breaksForUndo(one);
    await one.execute();
    repair();
    breakCalls(one.cloud.compute, 'attachVolume');
    const told: ServerMessage[] = [];
    Object.assign(one.world, { tell: async (message: ServerMessage) => void told.push(message) });
    await one.pay(150);
    expect(told).toMatchObject([{ code: 'vm-backup.server.left-incomplete', serverId: SERVER }]);
    expect(one.cloud.servers.get(SERVER)?.locked).toBeNull();
    expect(one.debts.rows).toEqual([]);
    await one.close();
  });

  test('a lock that somebody put on it since stays, and so does all else', async () => {
    const one = await bench({ before: steps, fails: true });
    const repair = breaksForUndo(one);
    await one.execute();
    repair();
    Object.assign(one.cloud.servers.get(SERVER) ?? {}, { locked: `vm-backup ${one.operation.id}` });
    await one.pay(10);
    expect(one.cloud.servers.get(SERVER)).toMatchObject({ status: 'SHUTOFF', locked: `vm-backup ${one.operation.id}` });
    expect(one.debts.rows).toEqual([]);
    await one.close();
  });
});

test('a restore that is done does not stay open for its lock and its guards', async () => {
  const before: Line[] = [
    [lockServer, server],
    [guardVolume, guarded],
  ];
  const after: Line[] = [
    [releaseVolume, { ...guarded, mayOwe: true }],
    [unlockServer, server],
  ];
  const one = await bench({ before, after });
  let repair = () => {};
  one.engine.boundary = (_workflow, key, place) => {
    if (key !== 'point-of-no-return' || place !== 'after-record') return;
    const [nova, cinder] = [
      breakCalls(one.cloud.compute, 'unlockServer', 'serverState'),
      breakCalls(one.cloud.blockStorage, 'resetStatus'),
    ];
    repair = () => [nova(), cinder()];
  };
  after[1]![1] = { ...server, reason: `vm-backup ${one.operation.id} of this very lock` };
  expect(await one.execute()).toBe('succeeded');
  Object.assign(one.cloud.servers.get(SERVER) ?? {}, { locked: `vm-backup ${one.operation.id} of this very lock` });
  expect(kinds(one.debts)).toEqual(['volume-status', 'unlock-server']);
  repair();
  await one.pay(3);
  expect([one.cloud.servers.get(SERVER)?.locked, one.volume()?.status]).toEqual([null, 'in-use']);
  expect(one.debts.rows).toEqual([]);
  await one.close();
});

describe('a guard that could not be taken off', () => {
  async function owed() {
    const one = await bench({ before: [[guardVolume, guarded]], fails: true });
    one.engine.boundary = (_workflow, _key, place) => {
      if (place === 'before-undo') breakCalls(one.cloud.blockStorage, 'resetStatus');
    };
    const { resetStatus } = one.cloud.blockStorage;
    expect(await one.execute()).toBe('failed');
    expect(one.debts.rows).toMatchObject([{ kind: 'volume-status', subject: VOLUME }]);
    Object.assign(one.cloud.blockStorage, { resetStatus });
    return one;
  }

  test('goes later', async () => {
    const one = await owed();
    await one.pay();
    expect([one.volume()?.status, one.debts.rows]).toEqual(['in-use', []]);
    await one.close();
  });

  test('stays while another operation is at the volume, and while its image has another name', async () => {
    const one = await owed();
    Object.assign(one.world.operations, { holderOf: async (thing: string) => (thing === VOLUME ? 'op' : undefined) });
    await one.pay();
    expect([one.volume()?.status, one.debts.rows[0]?.code]).toEqual(['maintenance', 'vm-backup.debt.busy']);
    Object.assign(one.world.operations, { holderOf: async () => undefined });
    const image = one.storage.images.get(IMAGE);
    one.storage.images.delete(IMAGE);
    await one.pay(2);
    expect([one.volume()?.status, one.debts.rows[0]?.code]).toEqual(['maintenance', 'vm-backup.disk.not-on-rbd']);
    one.storage.images.set(IMAGE, image as never);
    await one.pay(5);
    expect([one.volume()?.status, one.debts.rows]).toEqual(['in-use', []]);
    await one.close();
  });
});

describe('a volume that was made in vain', () => {
  async function owed(crashAt?: (place: string) => boolean) {
    const one = await bench({ before: [create], fails: true }, crashAt);
    const { deleteVolume } = one.cloud.blockStorage;
    Object.assign(one.cloud.blockStorage, { deleteVolume: away });
    let end = await one.execute();
    while (end === 'let-go') end = await one.execute();
    expect(end).toBe('failed');
    expect(kinds(one.debts)).toEqual(['remove-volume']);
    Object.assign(one.cloud.blockStorage, { deleteVolume });
    const made = [...one.cloud.volumes.values()].find((volume) => volume.id !== VOLUME);
    expect(one.debts.rows[0]?.subject).toBe(made?.id);
    return { ...one, made, ids: () => [...one.cloud.volumes.keys()] };
  }

  test('goes when Cinder does it, also when the worker died at the end', async () => {
    for (const place of ['nowhere', 'finish:before-act', 'create-volume:after-act']) {
      const one = await owed((at) => at === place);
      await one.pay();
      expect([one.ids(), one.debts.rows]).toEqual([[VOLUME], []]);
      await one.close();
    }
  });

  test.each<[string, object]>([
    ['given to another project', { projectId: 'another' }],
    ['on its way to one', { status: 'awaiting-transfer' }],
    ['attached to a server', { status: 'in-use', attachments: [{ serverId: SERVER, device: null }] }],
  ])('%s it is its owner’s', async (_what, change) => {
    const one = await owed();
    Object.assign(one.made ?? {}, change);
    await one.pay();
    expect([one.ids(), one.debts.rows]).toEqual([[VOLUME, one.made?.id], []]);
    await one.close();
  });

  test('goes when it comes long after the operation had ended, and a copy of its mark stays', async () => {
    const one = await bench({ before: [create], fails: true });
    const { createVolume: make } = one.cloud.blockStorage;
    let asked: Parameters<typeof make>[0] | undefined;
    one.cloud.blockStorage.createVolume = async (given) => {
      asked = given;
      throw new RewindError('openstack.unavailable', 'No answer.', { retry: false });
    };
    expect(await one.execute()).toBe('failed');
    expect(one.debts.rows).toMatchObject([{ kind: 'remove-volume', subject: `${one.operation.id}/create-volume` }]);
    await one.pay(10);
    expect(one.debts.rows[0]?.code).toBe('vm-backup.debt.may-come');
    const madeAt = async (raw: object, change: object = {}) => {
      const { id } = await make(asked!);
      Object.assign(one.cloud.volumes.get(id) ?? {}, { raw, ...change });
      return id;
    };
    const copies = [
      await madeAt({ created_at: '2025-12-31T00:00:00.000000' }),
      await madeAt({ created_at: BEGIN }, { sizeGiB: 8 }),
      await madeAt({}),
    ];
    await madeAt({ created_at: '2026-01-01T00:09:00.000000' });
    await one.pay(60);
    expect([...one.cloud.volumes.keys()]).toEqual([VOLUME, ...copies]);
    expect(one.debts.rows).toEqual([]);
    await one.close();
  });

  test('twice, because the first answer was lost, is made once in the end', async () => {
    const one = await bench({ before: [create] });
    const { createVolume: make } = one.cloud.blockStorage;
    let late: (() => Promise<{ id: string }>) | undefined;
    one.cloud.blockStorage.createVolume = async (given) => {
      if (late) return make(given);
      late = () => make(given);
      return away();
    };
    expect(await one.execute()).toBe('succeeded');
    expect(one.debts.rows).toMatchObject([{ kind: 'remove-volume' }]);
    const kept = [...one.cloud.volumes.keys()];
    const second = await late?.();
    Object.assign(one.cloud.volumes.get(second?.id ?? '') ?? {}, { raw: { created_at: '2026-01-01T00:01:00.000000' } });
    await one.pay();
    expect([...one.cloud.volumes.keys()]).toEqual(kept);
    await one.close();
  });
});

test('what came late and was taken back owes nothing', async () => {
  const one = await bench({ before: [[lockServer, server]] });
  one.cloud.compute.lockServer = async (id, reason) => {
    Object.assign(one.cloud.servers.get(id) ?? {}, { locked: reason });
    throw new RewindError('openstack.unavailable', 'No answer.', { retry: false });
  };
  expect(await one.execute()).toBe('failed');
  expect([one.cloud.servers.get(SERVER)?.locked, one.debts.rows]).toEqual([null, []]);
  await one.close();
});

test('a lock that comes long after it was given up on is taken off', async () => {
  const one = await bench({ before: [[lockServer, server]] });
  let reason = '';
  one.cloud.compute.lockServer = async (_id, why) => {
    reason = why;
    throw new RewindError('openstack.unavailable', 'No answer.', { retry: false });
  };
  expect(await one.execute()).toBe('failed');
  await one.pay(10);
  Object.assign(one.cloud.servers.get(SERVER) ?? {}, { locked: reason });
  await one.pay(30);
  expect([one.cloud.servers.get(SERVER)?.locked, one.debts.rows]).toEqual([null, []]);
  await one.close();
});

test('of every step that can be undone it is known what becomes of it when it cannot', () => {
  const owed = ['lock-server', 'stop-server', 'detach-volume', 'guard-volume', 'close-port'];
  const made = ['create-volume', 'create-server', 'create-port', 'create-security-group'];
  const inventoryOfCeph = ['clone-draft', 'fill-draft', 'open-draft', 'safety-snapshot', 'snap-disks', 'export-disk'];
  const sweepOfTargets = ['copy-run', 'describe-copy', 'write-manifest'];
  const otherwise = [
    // The agent's notes and watch let go, the memory is found by the inventory of Ceph.
    'snap-with-memory',
    // The volume's guard stays until its image is there.
    'swap-image',
    // It is used: its owner sees it in his server.
    'attach-volume',
    // The backup is in error and was wanted gone: its owner deletes it again, or nobody misses it.
    'remove-manifest',
  ];
  const known = [...owed, ...made, ...inventoryOfCeph, ...sweepOfTargets, ...otherwise];
  const all = new Set(workflows.flatMap(({ steps }) => steps.filter((step) => step.undo).map((step) => step.name)));
  expect([...all].sort()).toEqual(known.sort());
});
