import { expect, test } from '@jest/globals';
import { asideName, draftName } from '../../../src/domain/names.ts';
import { classify, type KnownRecords, type SeenImage } from '../../../src/domain/operations/inventory.ts';
import { inventory } from '../../../src/maintenance/inventory/inventory-look.ts';
import { type KeepInventoryParts, tidy } from '../../../src/maintenance/inventory/keep-inventory.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';
import { cephInMemory, type FakeImage } from '../../world/ceph-in-memory.ts';
import { debtsInMemory } from '../../world/debts-in-memory.ts';
import { ownNamesInMemory } from '../../world/own-names-in-memory.ts';
import { silentLog } from '../../world/silent-log.ts';

const HOUR = 3_600_000;
const [BACKUP, SNAPSHOT, OPERATION, DISK, SERVER, VOLUME, THEIRS] = [1, 2, 3, 4, 5, 6, 7].map(uuidOf) as [
  ...[string, string, string, string, string, string, string],
];
const [BASE, SNAP, THEIR_BASE, THEIR_SNAP] = [
  ...[`rewind-b-${BACKUP}`, `rewind-s-${SNAPSHOT}`, `rewind-b-${THEIRS}`, `rewind-s-${THEIRS}`],
] as [string, string, string, string];
const ASIDE = asideName(OPERATION, DISK);
const nothing: KnownRecords = {
  ours: new Set(),
  backups: new Set(),
  snapshots: new Set(),
  busy: new Set(),
  debts: new Set(),
};
const mine = { ...nothing, ours: new Set([BACKUP, SNAPSHOT, OPERATION]) };
const seen = (fields: Partial<SeenImage>): SeenImage => ({
  ...{
    pool: 'volumes',
    id: 'ab10',
    name: `volume-${VOLUME}`,
    inTrash: false,
    snaps: [],
    held: [],
    gone: false,
    ...fields,
  },
});
const kept = { name: 'rewind-kept-ab10', gone: true };

test.each<[string, Partial<SeenImage>, KnownRecords, string[]]>([
  ['a base on a living disk', { snaps: [BASE] }, { ...mine, backups: new Set([BACKUP]) }, ['snap owned']],
  ['a base whose backup is gone', { snaps: [BASE] }, mine, ['snap stranger']],
  ['a base that another installation made', { snaps: [THEIR_BASE] }, mine, ['snap other']],
  ['a base that this database has forgotten', { snaps: [BASE] }, nothing, ['snap other']],
  ['a snap that is owed', { snaps: [SNAP] }, { ...mine, debts: new Set([`volumes/ab10@${SNAP}`]) }, ['snap debt']],
  ['a snap that is just being made', { snaps: [SNAP] }, { ...mine, busy: new Set([SNAPSHOT]) }, ['snap owned']],
  [
    'a deleted volume with a base',
    { snaps: [BASE], inTrash: true, gone: true },
    { ...mine, backups: new Set([BACKUP]) },
    ['snap stranger', 'image stranger'],
  ],
  [
    'a kept image with a snapshot',
    { ...kept, snaps: [SNAP] },
    { ...mine, snapshots: new Set([SNAPSHOT]) },
    ['snap owned', 'image owned'],
  ],
  ['a kept image that nothing needs', { ...kept, snaps: [BASE] }, mine, ['snap stranger', 'image stranger']],
  ['a kept image of another installation', { ...kept, snaps: [THEIR_SNAP] }, mine, ['snap other', 'image other']],
  ['a kept image of which nobody knows whose it is', kept, mine, ['image other']],
  ['an image from which clones read', { ...kept, held: [BASE] }, mine, ['image stranger']],
  ['an old disk of a restore that has ended', { name: ASIDE, gone: true }, mine, ['image owned']],
  [
    'a draft of an operation that has ended',
    { name: draftName(OPERATION, DISK), gone: true },
    mine,
    ['image stranger'],
  ],
  ['… that runs', { name: ASIDE, gone: true }, { ...mine, busy: new Set([OPERATION]) }, ['image owned']],
  ['… that is owed', { name: ASIDE, gone: true }, { ...mine, debts: new Set([`volumes/${ASIDE}`]) }, ['image debt']],
  ['… of another installation', { name: asideName(THEIRS, DISK), gone: true }, mine, ['image other']],
  ['memory of no snapshot', { name: `rewind-m-${SNAPSHOT}` }, mine, ['memory stranger']],
  ['a tenant’s disk', { snaps: ['theirs'] }, mine, []],
])('%s', (_what, image, known, items) => {
  expect(classify(seen(image), known).map(({ what, standing }) => `${what} ${standing}`)).toEqual(items);
});

function world(
  images: FakeImage[],
  { ours = [BACKUP, SNAPSHOT, OPERATION], backups = [] as string[], snapshots = [] as string[] } = {},
) {
  let now = 100 * HOUR;
  const clock = { now: () => now, monotonic: () => 0, sleep: async () => {} };
  const settings = { rootPool: 'vms', volumePool: 'volumes', volumeHosts: {}, snapshotPool: 'snapshots' };
  const admin = { compute: { serverState: async () => undefined }, blockStorage: { volume: async () => undefined } };
  const ownNames = ownNamesInMemory(ours);
  const debts = debtsInMemory();
  const parts = {
    world: { ceph: cephInMemory(images), cloud: { admin }, settings, clock, debts, ownNames },
    ownNames,
    debts,
    catalogue: {
      backup: async (id: string) => (backups.includes(id) ? { id } : undefined),
      snapshot: async (id: string) => (snapshots.includes(id) ? { id } : undefined),
    },
    operations: { list: async () => [], operation: async () => undefined },
    log: silentLog,
    graceHours: 24,
    everyMinutes: 60,
  } as unknown as KeepInventoryParts;
  const later = (hours: number) => {
    now += hours * HOUR;
  };
  const look = () => tidy(parts, new AbortController().signal);
  return { parts, look, later };
}

test('what belongs to nobody goes after its time of grace, and what another installation made never', async () => {
  const image = (fields: Partial<FakeImage>): FakeImage => ({
    pool: 'volumes',
    id: 'ab10',
    name: '',
    snaps: [],
    ...fields,
  });
  const images = [
    image({ id: 'ab10', name: 'rewind-kept-ab10', snaps: [BASE] }),
    image({ id: 'ab11', name: `volume-${VOLUME}.deleted`, snaps: [BASE] }),
    image({ id: 'ab12', name: `volume-${VOLUME}`, snaps: [BASE, THEIR_BASE] }),
    image({ id: 'ab13', name: ASIDE, snaps: [SNAP] }),
    image({ id: 'ab14', name: draftName(OPERATION, DISK), snaps: [] }),
    image({ id: 'ab15', name: 'rewind-kept-ab15', snaps: [THEIR_BASE] }),
    image({ id: 'ab16', pool: 'vms', name: `${SERVER}_disk`, snaps: [BASE] }),
    image({ id: 'ab17', name: `volume-${THEIRS}`, inTrash: true, snaps: [BASE] }),
  ];
  const { look, later } = world(images, { snapshots: [SNAPSHOT] });
  expect(await look()).toMatchObject({ owned: 2, other: 3 });
  later(23);
  await look();
  expect(images).toHaveLength(8);
  later(1);
  await look();
  expect(images.map(({ id, snaps }) => [id, snaps])).toEqual([
    ['ab12', [THEIR_BASE]],
    ['ab13', [SNAP]],
    ['ab15', [THEIR_BASE]],
  ]);
  expect(await look()).toEqual({ owned: 2, debt: 0, stranger: 0, other: 3 });
});

test('what somebody needs again by the time it would go stays', async () => {
  const images: FakeImage[] = [{ pool: 'volumes', id: 'ab10', name: `volume-${VOLUME}`, snaps: [SNAP] }];
  const { parts, look, later } = world(images);
  await look();
  later(25);
  const { snapshot } = parts.catalogue;
  let asked = 0;
  parts.catalogue.snapshot = async (id, project) => (asked++ === 0 ? await snapshot(id, project) : ({ id } as never));
  await look();
  expect(images).toMatchObject([{ snaps: [SNAP] }]);
  expect(asked).toBe(2);
});

test('an image that goes between two looks ends no look', async () => {
  const images: FakeImage[] = ['ab10', 'ab11'].map((id) => ({
    pool: 'volumes',
    id,
    name: `rewind-kept-${id}`,
    snaps: [BASE],
  }));
  const { parts } = world(images);
  const { listSnaps } = parts.world.ceph;
  parts.world.ceph.listSnaps = async (ref) => {
    if (ref.image.endsWith('ab10')) images.splice(0, 1);
    return await listSnaps(ref);
  };
  expect((await inventory(parts)).map((item) => item.image_id)).toEqual(['ab11', 'ab11']);
});
