import { expect, test } from '@jest/globals';
import { RewindError } from '../../../src/domain/errors.ts';
import { asideName } from '../../../src/domain/names.ts';
import type { Operation } from '../../../src/domain/operations/operation.ts';
import { payDue } from '../../../src/maintenance/debts/pay-debts.ts';
import { payers } from '../../../src/maintenance/debts/payers.ts';
import type { Ceph } from '../../../src/ports/ceph.ts';
import { LetGo } from '../../../src/workflow-engine/signals.ts';
import type { StepContext } from '../../../src/workflow-engine/step.ts';
import { removeRuns, removeSnaps } from '../../../src/workflows/steps/backup/remove-backup.ts';
import { flattenImage } from '../../../src/workflows/steps/image/clone-draft.ts';
import { discardOldImage } from '../../../src/workflows/steps/image/discard-old-image.ts';
import { dropOldSnaps } from '../../../src/workflows/steps/image/drop-old-snaps.ts';
import { fillDraft } from '../../../src/workflows/steps/image/fill-draft.ts';
import { removeMemory, removeSnapshotSnap } from '../../../src/workflows/steps/image/remove-snapshot.ts';
import type { World } from '../../../src/workflows/world.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';
import { cephInMemory, type FakeImage } from '../../world/ceph-in-memory.ts';
import { debtsInMemory } from '../../world/debts-in-memory.ts';
import { ownNamesInMemory } from '../../world/own-names-in-memory.ts';
import { silentLog } from '../../world/silent-log.ts';

const POOL = 'volumes';
const [OPERATION, DISK, BACKUP, SNAPSHOT, SERVER] = [1, 2, 3, 4, 5].map(uuidOf) as [
  string,
  string,
  string,
  string,
  string,
];
const ASIDE = asideName(OPERATION, DISK);
const BASE = `rewind-b-${BACKUP}`;
const SNAP = `rewind-s-${SNAPSHOT}`;
const imageOf = (fields: Partial<FakeImage>): FakeImage => ({
  pool: POOL,
  name: ASIDE,
  id: 'ab10',
  snaps: [],
  ...fields,
});

function workplace(images: FakeImage[], more: Partial<Ceph> = {}) {
  const debts = debtsInMemory();
  const compute = { serverState: async () => undefined };
  const settings = { rootPool: 'vms', volumePool: POOL, volumeHosts: {}, snapshotPool: 'snapshots' };
  const world = {
    ceph: { ...cephInMemory(images), ...more },
    cloud: { admin: { compute } },
    settings,
    debts,
    ownNames: ownNamesInMemory(),
  } as unknown as World;
  const context = {
    world,
    operation: { id: OPERATION, project_id: 'p' } as Operation,
    signal: new AbortController().signal,
    log: silentLog,
    proveLease: async () => {},
    boundary: () => {},
    progress: { total: () => {}, add: () => {} },
  } as unknown as StepContext<World>;
  return { world, debts, context, pay: () => payDue({ world, debts, log: silentLog }, payers, context.signal) };
}

test('once a new base is there the older ones go, and nothing else: not it, nor snapshots, nor what others made', async () => {
  const bases = [11, 12, 13].map((n) => `rewind-b-${uuidOf(n)}`);
  const theirs = `rewind-b-${uuidOf(14)}`;
  for (const keep of bases) {
    const image = imageOf({ snaps: [SNAP, ...bases, theirs, 'of-the-tenant'] });
    const { context, world } = workplace([image]);
    world.ownNames.ours = async (ids) => new Set([...ids].filter((id) => id !== uuidOf(14)));
    expect(await dropOldSnaps.act(context, { image: { pool: POOL, image: ASIDE }, keep })).toEqual({ dropped: 2 });
    expect(image.snaps).toEqual([SNAP, keep, theirs, 'of-the-tenant']);
  }
});

test('an old image that clones of somebody need is owed, and goes when they are flattened', async () => {
  const images = [imageOf({ snaps: [BASE], held: ['theirs'] })];
  const { context, debts, pay } = workplace(images);
  expect(await discardOldImage.act(context, { aside: { pool: POOL, image: ASIDE } })).toBeNull();
  expect(debts.rows).toMatchObject([
    { kind: 'remove-image', subject: `${POOL}/${ASIDE}`, project_id: 'p', operation_id: OPERATION, tries: 0 },
  ]);
  expect(debts.rows[0]?.code).toBe('vm-backup.ceph.has-snapshots');
  await pay();
  expect(debts.rows).toMatchObject([{ tries: 1 }]);
  delete images[0]?.held;
  Object.assign(debts.rows[0]!, { next_try_at: '' });
  await pay();
  expect([images, debts.rows]).toEqual([[], []]);
});

test('deleting a safety snapshot of which clones live ends, and the image is owed', async () => {
  const images = [imageOf({ snaps: [SNAP], cloned: [SNAP] })];
  const { context, debts } = workplace(images);
  await removeSnapshotSnap.act(context, { diskId: DISK, pool: POOL, imageId: 'ab10', snap: SNAP });
  expect(images).toMatchObject([{ snaps: [], held: [SNAP] }]);
  expect(debts.rows).toMatchObject([{ kind: 'remove-snap', subject: `${POOL}/ab10@${SNAP}` }]);
});

const away = async (): Promise<never> => {
  throw new RewindError('ceph.unavailable');
};

test.each<[string, string, (context: StepContext<World>) => Promise<unknown>, Partial<Ceph>]>([
  [
    'an old base snap',
    'remove-snap',
    (c) => dropOldSnaps.act(c, { image: { pool: POOL, image: ASIDE }, keep: 'x' }),
    { removeSnap: away },
  ],
  [
    'the snap of a deleted backup',
    'remove-snap',
    (c) => removeSnaps.act(c, { images: [{ pool: POOL, image: ASIDE }], snap: BASE } as never),
    { removeSnap: away },
  ],
  ['memory', 'remove-memory', (c) => removeMemory.act(c, { snapshot_id: SNAPSHOT }), { removeImage: away }],
  [
    'flattening',
    'flatten-image',
    (c) => flattenImage.act(c, { image: { pool: POOL, image: ASIDE } }),
    { flatten: away },
  ],
  [
    'an image that cannot be looked at',
    'remove-image',
    (c) => discardOldImage.act(c, { aside: { pool: POOL, image: ASIDE } }),
    { imageInfo: away },
  ],
])('%s is owed when Ceph is away: its server does not wait', async (_what, kind, act, broken) => {
  const { context, debts } = workplace([imageOf({ snaps: [BASE] })], broken);
  await act(context);
  expect(debts.rows).toMatchObject([{ kind, code: 'vm-backup.ceph.unavailable' }]);
});

test('runs of a deleted backup on a target that is away are left to its sweep: neither server nor quota waits', async () => {
  const { context } = workplace([]);
  const removed: string[] = [];
  const remove = async (run: string) => {
    if (run === 'b') throw new RewindError('target.unavailable', 'Away.', { retry: false });
    removed.push(run);
  };
  const condemned: unknown[] = [];
  const condemnedRuns = { condemn: async (...args: unknown[]) => void condemned.push(args) };
  Object.assign(context.world, { targets: { get: () => ({ remove }) }, condemnedRuns, clock: { now: () => 0 } });
  expect(await removeRuns.act(context, { target: 't', serverId: SERVER, runs: ['a', 'b', 'c'] } as never)).toBeNull();
  expect(removed).toEqual(['a']);
  expect(condemned).toEqual([['t', SERVER, ['b', 'c'], '1970-01-01T00:00:00.000Z']]);
});

test('who has lost the operation owes nothing', async () => {
  const lost = async (): Promise<never> => {
    throw new LetGo('taken-over');
  };
  const { context, debts } = workplace([imageOf({})], { removeImage: lost });
  await expect(discardOldImage.act(context, { aside: { pool: POOL, image: ASIDE } })).rejects.toThrow(LetGo);
  expect(debts.rows).toEqual([]);
});

test('a disk that made way in vain stays although its last snapshot goes, until its server has another one', async () => {
  const kept = (): FakeImage => imageOf({ pool: 'vms', name: `rewind-kept-${SERVER}_disk-ab10`, snaps: [BASE, SNAP] });
  const named = (more: Partial<FakeImage>) => imageOf({ pool: 'vms', name: `${SERVER}_disk`, id: 'cd20', ...more });
  const input = { diskId: DISK, pool: 'vms', imageId: 'ab10', snap: SNAP };
  const alive = async () => ({ status: 'ACTIVE', taskState: null });
  const remove = async (images: FakeImage[], serverState: () => Promise<unknown>) => {
    const { context, world, debts } = workplace(images);
    Object.assign(world.cloud.admin.compute, { serverState });
    await removeSnapshotSnap.act(context, input);
    return { left: images.map(({ id }) => id), owed: debts.rows.map(({ code }) => code) };
  };
  const stays = { left: expect.arrayContaining(['ab10']), owed: ['vm-backup.disk.put-aside'] };
  expect(await remove([kept()], alive)).toEqual(stays);
  expect(await remove([kept(), named({ sizeBytes: 4_096 })], alive)).toEqual(stays);
  expect(await remove([kept(), named({ marks: { 'rewind.stand-in': 'cd20' }, sizeBytes: 2 ** 30 })], alive)).toEqual(
    stays,
  );
  expect(await remove([kept(), named({ sizeBytes: 2 ** 30 })], alive)).toEqual({ left: ['cd20'], owed: [] });
  expect(await remove([kept()], async () => undefined)).toEqual({ left: [], owed: [] });
});

test('a disk of a deleted server goes with its last snapshot; one of a living server stays', async () => {
  const image = () => imageOf({ pool: 'vms', name: `${SERVER}_disk`, snaps: [BASE, SNAP] });
  const input = { diskId: DISK, pool: 'vms', imageId: 'ab10', snap: SNAP };
  const gone = [image()];
  await removeSnapshotSnap.act(workplace(gone).context, input);
  expect(gone).toEqual([]);
  const living = [image()];
  const { context, world } = workplace(living);
  Object.assign(world.cloud.admin.compute, { serverState: async () => ({ taskState: null }) });
  await removeSnapshotSnap.act(context, input);
  expect(living).toMatchObject([{ snaps: [BASE] }]);
});

const DRAFT = { pool: POOL, image: `rewind-draft-${OPERATION}-1` };
const fromTrash = {
  draft: DRAFT,
  source: { pool: POOL, imageId: 'ab10', snap: BASE, sizeBytes: 1 },
  finalSizeBytes: 1,
  keepSnap: false,
};
const cloning = (images: FakeImage[]): Partial<Ceph> => ({
  cloneSnap: async (_from, _snap, to) => void images.push(imageOf({ name: to.image, id: 'cd10' })),
  flatten: async () => {},
  createSnap: async () => {},
});

test('a volume that a restore took out of the trash goes back there', async () => {
  const images = [imageOf({ name: `volume-${DISK}`, snaps: [BASE], inTrash: true })];
  const { context } = workplace(images, cloning(images));
  await fillDraft.act(context, fromTrash);
  expect(images).toMatchObject([{ id: 'ab10', inTrash: true }, { name: DRAFT.image }]);
});

test('… also when the restore is cancelled', async () => {
  const images = [imageOf({ name: 'rewind-kept-ab10', snaps: [BASE] })];
  const { context } = workplace(images, cloning(images));
  await fillDraft.undo?.(context, fromTrash, undefined);
  expect(images).toMatchObject([{ id: 'ab10', inTrash: true }]);
});

test('… and another restore of it that comes a moment later takes it out again', async () => {
  const images = [imageOf({ name: 'rewind-kept-ab10', snaps: [BASE] })];
  const clones = cloning(images);
  let first = true;
  const cloneSnap: Ceph['cloneSnap'] = async (...words) => {
    if (!first) return await clones.cloneSnap?.(...words);
    first = false;
    images[0]!.inTrash = true;
    throw new RewindError('ceph.not-found', 'A disk image is not there.');
  };
  const { context } = workplace(images, { ...clones, cloneSnap });
  await fillDraft.act(context, fromTrash);
  expect(images).toMatchObject([{ inTrash: true }, { name: DRAFT.image }]);
});
