import { expect, test } from '@jest/globals';
import { debtText } from '../../../src/cli/admin-debts.ts';
import { RewindError } from '../../../src/domain/errors.ts';
import { type Debt, debtPauseMs, type NewDebt } from '../../../src/domain/operations/debt.ts';
import { payDue } from '../../../src/maintenance/debts/pay-debts.ts';
import { payers } from '../../../src/maintenance/debts/payers.ts';
import type { World } from '../../../src/workflows/world.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';
import { cephInMemory, type FakeImage } from '../../world/ceph-in-memory.ts';
import { debtsInMemory } from '../../world/debts-in-memory.ts';
import { ownNamesInMemory } from '../../world/own-names-in-memory.ts';
import { silentLog } from '../../world/silent-log.ts';

const signal = new AbortController().signal;
const BASE = `rewind-b-${uuidOf(5)}`;
const SNAPSHOT = `rewind-s-${uuidOf(6)}`;
const debtOf = (fields: Partial<NewDebt>): NewDebt => ({
  kind: 'remove-image',
  subject: 'volumes/ab10',
  details: { pool: 'volumes', image_id: 'ab10' },
  project_id: 'p',
  operation_id: uuidOf(1),
  code: 'vm-backup.ceph.busy',
  reason: 'It is in use.',
  ...fields,
});
const imageOf = (fields: Partial<FakeImage> = {}): FakeImage => ({
  ...{ pool: 'volumes', name: 'rewind-kept-ab10', id: 'ab10', snaps: [BASE], ...fields },
});

test('what can be paid is settled; what cannot waits ever longer, and keeps nothing else waiting', async () => {
  let now = 0;
  const debts = debtsInMemory(() => now);
  for (const n of [1, 2, 3]) await debts.record(debtOf({ subject: `volumes/ab${n}0` }));
  const tried: string[] = [];
  const pay = async (_world: World, { subject }: Debt) => {
    tried.push(subject);
    if (subject === 'volumes/ab20') throw new RewindError('ceph.busy');
  };
  const look = () => payDue({ world: {} as World, debts, log: silentLog }, { 'remove-image': pay }, signal);
  await look();
  expect(tried).toEqual(['volumes/ab10', 'volumes/ab20', 'volumes/ab30']);
  expect(debts.rows).toMatchObject([{ subject: 'volumes/ab20', tries: 1, code: 'vm-backup.ceph.busy' }]);
  await look();
  expect(tried).toHaveLength(3);
  now += debtPauseMs(1);
  await look();
  expect(tried).toHaveLength(4);
  expect([1, 2, 3, 50].map(debtPauseMs)).toEqual([60_000, 120_000, 240_000, 6 * 3_600_000]);
  expect(debts.rows.map(debtText).join()).toContain('2 tries');
});

test('a kind that this release does not know stays', async () => {
  const debts = debtsInMemory();
  await debts.record(debtOf({}));
  await payDue({ world: {} as World, debts, log: silentLog }, {}, signal);
  expect(debts.rows).toMatchObject([{ code: 'vm-backup.debt.unknown-kind', tries: 1 }]);
});

test.each<[string, FakeImage, FakeImage[]]>([
  ['an image of ours goes with its bases', imageOf(), []],
  ['from the trash, too', imageOf({ name: `volume-${uuidOf(1)}`, inTrash: true }), []],
  [
    'one that is a living disk again stays',
    imageOf({ name: `volume-${uuidOf(1)}` }),
    [imageOf({ name: `volume-${uuidOf(1)}` })],
  ],
  ['one with snapshots stays for them', imageOf({ snaps: [BASE, SNAPSHOT] }), [imageOf({ snaps: [BASE, SNAPSHOT] })]],
])('%s', async (_what, image, left) => {
  const images = [structuredClone(image)];
  const debts = debtsInMemory();
  await debts.record(debtOf({}));
  await payDue(
    {
      world: {
        ceph: cephInMemory(images),
        settings: { rootPool: 'vms' },
        ownNames: ownNamesInMemory(),
      } as unknown as World,
      debts,
      log: silentLog,
    },
    payers,
    signal,
  );
  expect(images).toEqual(left);
  expect(debts.rows).toEqual([]);
});
