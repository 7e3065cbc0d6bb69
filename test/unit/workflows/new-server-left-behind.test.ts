import { expect, test } from '@jest/globals';
import { RewindError } from '../../../src/domain/errors.ts';
import { payDue } from '../../../src/maintenance/debts/pay-debts.ts';
import { payers } from '../../../src/maintenance/debts/payers.ts';
import { oweLeft } from '../../../src/workflows/left-behind.ts';
import { debtsInMemory } from '../../world/debts-in-memory.ts';
import { silentLog } from '../../world/silent-log.ts';
import { type Bench, bench, expectBroken, expectNothing, PORT, type Root } from './support/new-server-bench.ts';

const CHANGES = /^(create|delete|remove|attach|detach|start|stop|lock|unlock|reset|set|describe)/;

/** All that changes something is refused from now on, as by services that are being upgraded. Gives the way back. */
function refuseAll({ cloud }: Bench): () => void {
  const services = [cloud.compute, cloud.making, cloud.blockStorage, cloud.network] as object[];
  const whole = services.map((service) => ({ ...service }));
  for (const service of services)
    for (const name of Object.keys(service).filter((one) => CHANGES.test(one)))
      Object.assign(service, {
        [name]: async () => {
          throw new RewindError('openstack.unavailable', 'No answer.', { retry: false });
        },
      });
  return () => services.forEach((service, index) => void Object.assign(service, whole[index]));
}

/** A restore that fails, of which nothing can be undone. */
async function failed(root: Root, failAt: string, crashAt?: string, configDrive = false) {
  const one = await bench(root, { failAt, configDrive, ...(crashAt && { crashAt: (place) => place === crashAt }) });
  const debts = debtsInMemory(() => one.clock.now());
  Object.assign(one.world, { debts, clock: one.clock, operations: { holderOf: async () => undefined } });
  one.engine.left = oweLeft;
  const { boundary } = one.engine;
  let repair: (() => void) | undefined;
  one.engine.boundary = (workflow, key, place) => {
    if (key === 'undo') repair ??= refuseAll(one);
    boundary(workflow, key, place);
  };
  let end = await one.execute();
  while (end === 'let-go') end = await one.execute();
  expect(end).toBe('failed');
  await expectBroken(one);
  const pay = async (minutes: number) => {
    repair?.();
    for (const untilMs = one.clock.now() + minutes * 60_000; one.clock.now() < untilMs; ) {
      await payDue({ world: one.world, debts, log: silentLog }, payers, new AbortController().signal);
      for (let ms = 0; ms < 30_000; ms += 1000) await one.clock.sleep(1000);
    }
  };
  return { ...one, debts, pay, kinds: () => debts.rows.map((row) => row.kind).sort() };
}

test.each<Root>(['image', 'volume'])(
  'a restore of a server (root on a %s) of which nothing can be undone leaves debts, and in the end nothing',
  async (root) => {
    for (const crashAt of [undefined, 'finish:before-act']) {
      const one = await failed(root, 'compare-server', crashAt);
      const volumes = root === 'image' ? ['remove-volume'] : ['remove-volume', 'remove-volume'];
      expect(one.kinds()).toEqual(['remove-port', 'remove-security-group', 'remove-server', ...volumes]);
      await one.pay(20);
      expect(one.debts.rows).toEqual([]);
      expectNothing(one);
      await one.close();
    }
  },
);

test('volumes that stand in maintenance are let go and removed, and a lent key pair is taken back', async () => {
  const one = await failed('image', 'guard-volume');
  expect(one.kinds()).toContain('volume-status');
  await one.pay(20);
  expect(one.debts.rows).toEqual([]);
  expectNothing(one);
  await one.close();
  const other = await bench('image');
  const { createServer } = other.cloud.making;
  Object.assign(other.cloud.making, {
    createServer: async () => {
      throw new RewindError('openstack.bad-request', 'No.');
    },
    deleteKeypair: async () => {
      throw new RewindError('openstack.unavailable', 'No answer.', { retry: false });
    },
  });
  const debts = debtsInMemory();
  Object.assign(other.world, { debts });
  other.engine.left = oweLeft;
  expect(await other.execute()).toBe('failed');
  expect(debts.rows).toMatchObject([{ kind: 'remove-keypair', details: { name: 'k' } }]);
  Object.assign(other.cloud.making, {
    createServer,
    deleteKeypair: async (name: string) => other.cloud.keypairs.delete(name),
  });
  // Of the same name, of another tenant: it is his as soon as he has the turn.
  await payDue({ world: other.world, debts, log: silentLog }, payers, new AbortController().signal);
  expect([debts.rows, other.cloud.keypairs.size]).toEqual([[], 0]);
  await other.close();
});

test('what the tenant uses by then stays his', async () => {
  const one = await failed('image', 'compare-server');
  const [server] = [...one.cloud.servers.values()];
  // An operator gave it to him, with a volume of his own.
  Object.assign(server ?? {}, { locked: null });
  const his = { id: PORT, nameId: PORT, projectId: 'p', status: 'in-use', metadata: {}, sizeGiB: 1 };
  one.cloud.volumes.set(PORT, { ...his, attachments: [{ serverId: server?.id, device: null }] } as never);
  await one.pay(30);
  expect([...one.cloud.servers.keys()]).toEqual([server?.id]);
  expect(one.cloud.volumes.has(PORT)).toBe(true);
  // So is what we had attached to it, also when he takes it off later.
  const made = [...one.cloud.volumes.keys()].filter((id) => id !== PORT);
  for (const id of made) Object.assign(one.cloud.volumes.get(id) ?? {}, { status: 'available', attachments: [] });
  await one.pay(60);
  expect([...one.cloud.volumes.keys()].sort()).toEqual([...made, PORT].sort());
  await one.close();
});
