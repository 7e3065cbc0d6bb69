import { describe, expect, test } from '@jest/globals';
import { noKeys } from '../../../src/archive/keys/no-keys.ts';
import { type Manifest, sealManifest } from '../../../src/archive/manifests/manifest.ts';
import {
  findManifest,
  manifestsOfServer,
  readManifest,
  removeManifest,
  runsNeeded,
  writeManifest,
} from '../../../src/archive/manifests/manifests.ts';
import { openRun } from '../../../src/archive/runs/open-run.ts';
import { verifyRun } from '../../../src/archive/runs/verify-run.ts';
import type { RunSummary } from '../../../src/archive/runs/write-run.ts';
import { archiveHoldId } from '../../../src/domain/names.ts';
import type { Operation } from '../../../src/domain/operations/operation.ts';
import { compactBackup } from '../../../src/workflows/recipes/compact-backup.ts';
import { awaitCompaction } from '../../../src/workflows/steps/backup/await-compaction.ts';
import type { World } from '../../../src/workflows/world.ts';
import { hastyClock, newOperation, recipeBench } from '../../world/engine-bench.ts';
import { kept } from '../../world/kept.ts';
import { sampled } from '../../world/sampling.ts';
import { silentLog } from '../../world/silent-log.ts';
import {
  backupId,
  diskEntry,
  diskId,
  idsOf,
  KEY,
  manifestOf,
  PROJECT,
  SERVER,
  store,
} from '../archive/support/backups.ts';
import { contentOf } from '../archive/support/content.ts';
import { MemoryTarget } from '../archive/support/memory-target.ts';
import { data, zero } from '../archive/support/streams.ts';

const SIZE = 4096;
const DISKS = [1, 2];

type Made = { target: MemoryTarget; content: Map<string, Uint8Array[]> };
const made = new Map<number, Promise<Made>>();

/** Two disks, a full backup and increments; each backup's content. Made once, handed out as copies. */
async function chainOf(backups: number): Promise<Made> {
  if (!made.has(backups)) made.set(backups, makeChain(backups));
  const { target, content } = await made.get(backups)!;
  const copy = new MemoryTarget();
  for (const [name, bytes] of target.objects) copy.objects.set(name, bytes.slice());
  return { target: copy, content: new Map(content) };
}

async function makeChain(backups: number): Promise<Made> {
  const target = new MemoryTarget();
  const runs = new Map<number, RunSummary[]>(DISKS.map((disk) => [disk, []]));
  const content = new Map<string, Uint8Array[]>();
  for (let backup = 1; backup <= backups; backup += 1) {
    for (const disk of DISKS) {
      const records =
        backup === 1
          ? [data(0, Buffer.alloc(3000, disk))]
          : [data(backup * 100, Buffer.alloc(90, backup)), zero(backup * 100 + 1000, 50)];
      const chain = runs.get(disk)!;
      chain.unshift(await store(target, disk, backup, backup === 1 ? null : backup - 1, SIZE, records));
    }
    const manifest = manifestOf(
      backup,
      DISKS.map((disk) => diskEntry(disk, backup, runs.get(disk)!)),
    );
    await writeManifest(target, manifest, KEY);
    content.set(manifest.backup.id, await Promise.all(manifest.disks.map((disk) => contentOf(target, disk))));
  }
  return { target, content };
}

interface BenchOptions {
  backups?: number;
  gone?: number[];
  compactRuns?: number;
  compactShare?: number;
  crashAt?: (place: string) => boolean;
}

async function bench({ backups = 6, gone = [], compactRuns = 3, compactShare = 0.1, crashAt }: BenchOptions = {}) {
  const { target, content } = await chainOf(backups);
  const rows = Array.from({ length: backups }, (_, n) => backups - n)
    .filter((n) => !gone.includes(n))
    .map((n) => ({ id: backupId(n), project_id: PROJECT, server_id: SERVER, target: 'memory', status: 'available' }));
  for (const n of gone) {
    await removeManifest(target, idsOf(n));
    content.delete(backupId(n));
  }
  const copies = new Map<string, string>();
  const world = {
    targets: { get: () => target },
    catalogue: {
      backup: async (id: string) => rows.find((row) => row.id === id),
      backupsOfServer: async () => rows,
      recordServer: async () => undefined,
    },
    manifestCopies: {
      keep: async (id: string, sealed: string) => void copies.set(id, sealed),
      find: async (id: string) => copies.get(id),
    },
    clock: hastyClock(),
    manifestKey: KEY,
    keys: noKeys,
    settings: { disksInParallel: 2, zstdLevel: 1, maxBytesPerSecond: 0, compactRuns, compactShare },
  } as unknown as World;
  const input = { backup_id: rows[0]?.id, server_id: SERVER, target: 'memory' };
  const operation: Operation = { ...newOperation(), workflow: 'compact-backup/1', project_id: PROJECT, input };
  const made = await recipeBench({ world, workflow: compactBackup, operation }, crashAt);
  return { ...made, target, content, rows, copies, world };
}

type Bench = Awaited<ReturnType<typeof bench>>;

/** Every backup there is restores to what it was, and all that it names is whole. */
async function requireWhole({ target, content }: Pick<Bench, 'target' | 'content'>): Promise<void> {
  const manifests = await manifestsNow(target);
  expect(manifests.map((one) => one.backup.id)).toEqual([...content.keys()].toSorted());
  for (const { backup, disks } of manifests) {
    for (const disk of disks) for (const run of disk.runs) await verifyRun(target, run, noKeys);
    expect(await Promise.all(disks.map((disk) => contentOf(target, disk)))).toEqual(content.get(backup.id));
  }
}

async function manifestsNow(target: MemoryTarget): Promise<Manifest[]> {
  const all = await Array.fromAsync(manifestsOfServer(target, KEY, { projectId: PROJECT, serverId: SERVER }));
  return all.map((one) => ('manifest' in one ? one.manifest : undefined)!);
}

const lengths = async (target: MemoryTarget) =>
  (await manifestsNow(target)).map((one) => one.disks.map((disk) => disk.runs.length));

describe('compaction', () => {
  test('a newest backup that needs too many runs gets one; the others keep theirs', async () => {
    const one = await bench();
    expect(await one.execute()).toBe('succeeded');
    await requireWhole(one);
    expect(await lengths(one.target)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
      [5, 5],
      [1, 1],
    ]);
    const newest = await readManifest(one.target, idsOf(6), KEY);
    expect(newest).toMatchObject({
      generation: 2,
      disks: [{ stored_bytes: expect.any(Number), incremental: true }, {}],
    });
    expect([...one.target.objects.keys()].filter((name) => name.includes(`${backupId(6)}/manifest`))).toHaveLength(1);
    expect([...one.copies.keys()]).toEqual([backupId(6)]);
    expect(one.copies.get(backupId(6))).toMatch(/"generation": ?2\b/);
    await one.close();
  });

  test('increments that weigh little beside the base are merged without it', async () => {
    const one = await bench({ compactShare: 100 });
    expect(await one.execute()).toBe('succeeded');
    await requireWhole(one);
    expect((await lengths(one.target)).at(-1)).toEqual([2, 2]);
    await one.close();
  });

  test('runs that nobody restores to any more become one, for all who need them', async () => {
    const one = await bench({ gone: [1, 2, 3], compactRuns: 30 });
    expect(await one.execute()).toBe('succeeded');
    await requireWhole(one);
    expect(await lengths(one.target)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    const needed = runsNeeded(await manifestsNow(one.target));
    expect([...needed].filter((name) => name.includes(`disks/${diskId(1)}`))).toHaveLength(3);
    await one.close();
  });

  test('one between kept backups is merged without the base', async () => {
    const one = await bench({ gone: [3, 4], compactRuns: 30 });
    expect(await one.execute()).toBe('succeeded');
    await requireWhole(one);
    expect(await lengths(one.target)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
    ]);
    await one.close();
  });

  test('what is not worth it is left', async () => {
    for (const options of [
      { compactRuns: 30 },
      { compactRuns: 0 },
      { compactRuns: 30, gone: [2], compactShare: 100 },
    ]) {
      const one = await bench(options);
      const before = new Map(one.target.objects);
      expect(await one.execute()).toBe('succeeded');
      expect(one.target.objects).toEqual(before);
      await one.close();
    }
  });

  test('for space nothing is merged while a manifest cannot be read, nor what a backup needs that is not whole', async () => {
    const unreadable = await bench({ gone: [1, 2], compactRuns: 30 });
    unreadable.target.objects.set(
      `projects/${PROJECT}/servers/${SERVER}/backups/${backupId(9)}/manifest.json`,
      new Uint8Array(9),
    );
    await unreadable.execute();
    expect((await readManifest(unreadable.target, idsOf(6), KEY)).disks[0]?.runs).toHaveLength(6);
    await unreadable.close();
    const bad = await bench({ gone: [1, 2], compactRuns: 30 });
    bad.rows.find((row) => row.id === backupId(4))!.status = 'error';
    await bad.execute();
    expect((await readManifest(bad.target, idsOf(6), KEY)).disks[0]?.runs).toHaveLength(6);
    await bad.close();
  });

  test('damage is found before anything names the new run', async () => {
    const one = await bench();
    const run = (await readManifest(one.target, idsOf(6), KEY)).disks[0]!.runs[2]!;
    const bytes = one.target.objects.get(run.object)!;
    const { footer } = await openRun(one.target, run, noKeys);
    const inFirstFrame = footer.head.stored_bytes + 12;
    bytes[inFirstFrame] = bytes[inFirstFrame]! ^ 1;
    expect(await one.execute()).toBe('failed');
    expect((await readManifest(one.target, idsOf(6), KEY)).generation).toBeUndefined();
    await one.close();
  });

  test('an old manifest that was put back is not described anew', async () => {
    const one = await bench();
    const manifest = await readManifest(one.target, idsOf(6), KEY);
    one.copies.set(backupId(6), Buffer.from(sealManifest({ ...manifest, generation: 4 }, KEY)).toString());
    expect(await one.execute()).toBe('failed');
    expect((await readManifest(one.target, idsOf(6), KEY)).generation).toBeUndefined();
    await requireWhole(one);
    await one.close();
  });

  test('a backup that is being deleted, or is gone, is not described anew', async () => {
    for (const change of [
      (one: Bench) => Object.assign(one.rows[0]!, { status: 'deleting' }),
      (one: Bench) => removeManifest(one.target, idsOf(6)),
    ]) {
      const one = await bench({ crashAt: (place) => place === 'point-of-no-return:after-record' });
      expect(await one.execute()).toBe('let-go');
      await change(one);
      expect(await one.execute()).toBe('succeeded');
      expect((await findManifest(one.target, idsOf(6), KEY))?.generation).toBeUndefined();
      await one.close();
    }
  });

  test.each([
    ['length', {}],
    ['space', { gone: [1, 2, 4], compactRuns: 30 }],
  ])(
    'killed at every boundary it comes to the same end (%s)',
    async (_, options: BenchOptions) => {
      const whole = await bench(options);
      await whole.execute();
      const wanted = await lengths(whole.target);
      await whole.close();
      expect(whole.places.length).toBeGreaterThan(20);
      for (const [at, place] of sampled([...whole.places.entries()], 8)) {
        let n = 0;
        const one = await bench({ ...options, crashAt: () => n++ === at });
        expect(await one.execute()).toBe('let-go');
        await requireWhole(one);
        await one.execute();
        expect(one.places).toContain(place);
        expect(await lengths(one.target)).toEqual(wanted);
        await requireWhole(one);
        expect((await one.operations.operation(one.operation.id, null))?.status).toBe('succeeded');
        const manifests = [...one.target.objects.keys()].filter((name) => name.includes('/manifest'));
        expect(manifests).toHaveLength(one.content.size);
        await one.close();
      }
    },
    120_000,
  );
});

describe('a delete beside a compaction', () => {
  const context = (one: Bench) =>
    ({
      world: { ...one.world, operations: one.operations },
      operation: { project_id: PROJECT },
      signal: new AbortController().signal,
      log: silentLog,
    }) as unknown as Parameters<typeof awaitCompaction.act>[0];
  const compaction = (): Operation => ({ ...newOperation(), workflow: 'compact-backup/1', project_id: PROJECT });

  test('takes back one that nobody has begun', async () => {
    const one = await bench();
    const operation = compaction();
    await one.operations.record({ operation, holds: kept(archiveHoldId(SERVER)) });
    expect(await awaitCompaction.act(context(one), { backup_id: backupId(6) })).toBeNull();
    expect(await one.operations.operation(operation.id, null)).toBeUndefined();
    await one.close();
  });

  test('asks one that runs to stop, and lets others go first when that takes long', async () => {
    const one = await bench();
    const operation = compaction();
    await one.operations.record({ operation, holds: kept(archiveHoldId(SERVER)) });
    const seen = (await one.journal.openOperations()).find((open) => open.id === operation.id)!;
    await one.journal.claim(seen, 'somebody');
    await expect(awaitCompaction.act(context(one), { backup_id: backupId(6) })).rejects.toMatchObject({
      why: 'not-yet',
    });
    expect((await one.operations.operation(operation.id, null))?.cancel_requested).toBe(true);
    expect(await awaitCompaction.act(context(one), { backup_id: backupId(99) })).toBeNull();
    await one.close();
  });
});
