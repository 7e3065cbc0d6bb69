import { expect, test } from '@jest/globals';
import { RewindError } from '../../../src/domain/errors.ts';
import { inventoryCountsOf } from '../../../src/domain/operations/inventory-of-cloud.ts';
import type { JournalEntry, Operation } from '../../../src/domain/operations/operation.ts';
import { payDue } from '../../../src/maintenance/debts/pay-debts.ts';
import { payers } from '../../../src/maintenance/debts/payers.ts';
import { cloudInventory } from '../../../src/maintenance/inventory/cloud-inventory.ts';
import { type TidyCloudParts, tidyCloud } from '../../../src/maintenance/inventory/tidy-cloud.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import type { World } from '../../../src/workflows/world.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';
import { debtsInMemory } from '../../world/debts-in-memory.ts';
import { newOperation } from '../../world/engine-bench.ts';
import { MemoryCeph } from '../../world/memory-ceph.ts';
import { MemoryCloud } from '../../world/memory-cloud.ts';
import { MemoryTurns } from '../../world/memory-turns.ts';
import { silentLog } from '../../world/silent-log.ts';

const HOUR = 3_600_000;
const PROJECT = 'p1';
const [SERVER, MADE, PORT, OPEN, OLD] = [1, 2, 3, 4, 5].map(uuidOf) as [string, string, string, string, string];
const MARK = uuidOf(9);

const line = (key: string, fields: Partial<JournalEntry>): JournalEntry => ({
  ...{ operation_id: '', seq: 0, key, state: 'intended', input: {}, output: null, mark: MARK },
  ...{ noted: { asked: true, answered: true }, started_at: '2026-01-01T00:00:00.000Z', finished_at: null },
  ...fields,
});

/** A restore that is at it, and one that an earlier release ended with all this left. */
async function scene() {
  const storage = new MemoryCeph();
  const cloud = new MemoryCloud(storage, PROJECT);
  const reason = `vm-backup ${OLD} ${MARK}`;
  cloud.servers.set(SERVER, { id: SERVER, status: 'SHUTOFF', locked: reason, imageDisk: true, imageId: 'i' } as never);
  const wish = { name: 'v', sizeGiB: 1, metadata: {} } as never;
  const [volume, used] = [await cloud.blockStorage.createVolume(wish), await cloud.blockStorage.createVolume(wish)];
  Object.assign(cloud.volumes.get(used.id) ?? {}, { status: 'in-use', attachments: [{ serverId: OPEN }] });
  cloud.ports.set(PORT, { id: PORT, projectId: PROJECT, deviceId: null, securityGroups: [], macAddress: '' } as never);
  const lines: Record<string, JournalEntry[]> = {
    [OPEN]: [line('create-volume[a]', { noted: { asked: true, answered: true, id: MADE } })],
    [OLD]: [
      line('create-volume[a]', { state: 'done', output: { volumeId: volume.id } }),
      line('create-volume[b]', { state: 'done', output: { volumeId: used.id } }),
      line('create-volume[c]', { state: 'undone', output: { volumeId: uuidOf(8) } }),
      line('create-port[0]', { state: 'done', output: { portId: PORT } }),
      line('lock-server', { state: 'done', input: { serverId: SERVER } }),
    ],
  };
  const clock = { now: () => now, monotonic: () => now, sleep: async () => {} };
  let now = 100 * HOUR;
  const debts = debtsInMemory(() => now);
  const untold = new Set([OLD]);
  const load = async (id: string) => {
    const finished_at = id === OLD ? new Date(99 * HOUR).toISOString() : null;
    const operation: Operation = { ...newOperation(), id, project_id: PROJECT, finished_at };
    return { operation, entries: lines[id] ?? [] };
  };
  const world = { cloud: { tenant: () => cloud.hands, admin: cloud.hands }, ceph: storage.ceph, clock, debts };
  Object.assign(world, { operations: { holderOf: async () => undefined } });
  const parts = {
    ...{ world, debts, clock, log: silentLog, turns: new MemoryTurns(), journal: { load }, graceHours: 24 },
    leftBehind: {
      open: async () => [OPEN],
      untold: async () => [...untold],
      told: async (ids: readonly string[]) => ids.forEach((id) => void untold.delete(id)),
    },
    policies: { oldTrusts: async () => ['abc'] },
  } as unknown as TidyCloudParts;
  const later = (hours: number) => {
    now += hours * HOUR;
  };
  const pay = () =>
    payDue({ world: world as unknown as World, debts, log: silentLog }, payers, new AbortController().signal);
  const shown = async () => (await cloudInventory(parts)).items.map(({ place, standing }) => `${place} ${standing}`);
  return { parts, cloud, debts, later, pay, shown, volume, used };
}

test('what journals, debts and policies tell of is owned, owed or nobody’s; what tenants use is theirs', async () => {
  const one = await scene();
  expect(await one.shown()).toEqual([
    `volume/${MADE} owned`,
    `volume/${one.volume.id} stranger`,
    `port/${PORT} stranger`,
    `lock/${SERVER} stranger`,
    'trust/abc debt',
  ]);
  expect(await tidyCloud(one.parts)).toEqual({ owned: 1, debt: 1, stranger: 3, other: 0 });
  expect(one.debts.rows).toEqual([]);
});

test('what is surely ours is owed after the grace time; what may be used since is shown for an operator to decide', async () => {
  const one = await scene();
  one.later(24);
  await tidyCloud(one.parts);
  const shown = [`volume/${MADE} owned`, `volume/${one.volume.id} stranger`, `port/${PORT} stranger`];
  expect((await one.shown()).toSorted()).toEqual([`lock/${SERVER} debt`, ...shown, 'trust/abc debt'].toSorted());
  await one.pay();
  expect(one.cloud.servers.get(SERVER)?.locked).toBeNull();
  expect([...one.cloud.volumes.keys()].toSorted()).toEqual([one.used.id, one.volume.id].toSorted());
  expect([...one.cloud.ports.keys()]).toEqual([PORT]);
  await tidyCloud(one.parts);
  expect((await one.shown()).toSorted()).toEqual([...shown, 'trust/abc debt'].toSorted());
});

test('a project that is gone keeps nobody from looking at the others', async () => {
  const one = await scene();
  const gone = new RewindError('openstack.no-role-in-project', 'Gone.');
  one.cloud.hands.network.port = async () => {
    throw gone;
  };
  expect(await one.shown()).toContain(`lock/${SERVER} stranger`);
});

test('metrics tell how much of it stands how; reports of earlier releases are passed over', async () => {
  const metrics = createMetrics();
  const counts = { ceph: { owned: 3 }, openstack: { owned: 1, debt: 2 } };
  let report: unknown = counts;
  metrics.watchInventory(async () => inventoryCountsOf(report));
  expect(await metrics.text()).toContain('rewind_inventory_items{place="openstack",standing="debt"} 2');
  report = { owned: 3 };
  expect(await metrics.text()).not.toContain('rewind_inventory_items{');
});
