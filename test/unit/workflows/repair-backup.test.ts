import { describe, expect, it } from '@jest/globals';
import { manifestObject } from '../../../src/archive/format/layout.ts';
import { findStored, writeManifest } from '../../../src/archive/manifests/manifests.ts';
import { openChain } from '../../../src/archive/runs/chain.ts';
import { restoreStream } from '../../../src/archive/runs/restore-stream.ts';
import { RewindError } from '../../../src/domain/errors.ts';
import type { Operation, WorkflowName } from '../../../src/domain/operations/operation.ts';
import { repairOnce } from '../../../src/maintenance/points/repair-backups.ts';
import { readDiff } from '../../../src/rbd-diff/reader.ts';
import type { ExtentRecord } from '../../../src/rbd-diff/records.ts';
import type { Workflow } from '../../../src/workflow-engine/workflow.ts';
import { repairBackup } from '../../../src/workflows/recipes/repair-backup.ts';
import { verifyBackup } from '../../../src/workflows/recipes/verify-backup.ts';
import type { World } from '../../../src/workflows/world.ts';
import { hastyClock, newOperation, recipeBench } from '../../world/engine-bench.ts';
import { sampledCalls } from '../../world/sampling.ts';
import { silentLog } from '../../world/silent-log.ts';
import {
  backupId,
  diskEntry,
  idsOf,
  KEY,
  manifestOf,
  PROJECT,
  SERVER,
  snapOf,
  store,
} from '../archive/support/backups.ts';
import { ringOf, rootFile, rootLine } from '../archive/support/key-rings.ts';
import { MemoryTarget } from '../archive/support/memory-target.ts';
import { applyRecords, chunked, data, sourceOf, streamOf, zero } from '../archive/support/streams.ts';

const SIZE = 8192;
const OLD = 1;
const NEW = 2;

/** Two backups of two disks, the newer one's snap is on the images; the whole disks as `rbd export-diff` tells them. */
async function scene() {
  const [target, other] = [new MemoryTarget(), new MemoryTarget()];
  const keys = ringOf(rootFile(rootLine('a', 1)).keys);
  const key = await keys.current(target, PROJECT);
  const disks = new Map<string, Uint8Array>();
  const entries = { [OLD]: [] as ReturnType<typeof diskEntry>[], [NEW]: [] as ReturnType<typeof diskEntry>[] };
  for (const disk of [1, 2]) {
    const first: ExtentRecord[] = [data(0, `disk ${disk}`), data(4096, Buffer.alloc(500, disk))];
    const second: ExtentRecord[] = [data(2, 'changed'), zero(4100, 50)];
    const runs = [await store(target, disk, OLD, null, SIZE, first, { key })];
    entries[OLD].push(diskEntry(disk, OLD, [...runs]));
    runs.unshift(await store(target, disk, NEW, OLD, SIZE, second, { key }));
    entries[NEW].push(diskEntry(disk, NEW, [...runs]));
    disks.set(
      entries[NEW].at(-1)!.image.image,
      applyRecords(applyRecords(new Uint8Array(), SIZE, first), SIZE, second),
    );
  }
  const copies = new Map<string, string>();
  for (const backup of [OLD, NEW] as const) {
    await writeManifest(target, manifestOf(backup, entries[backup]), KEY);
    copies.set(backupId(backup), Buffer.from((await findStored(target, idsOf(backup), KEY))!.sealed).toString());
  }
  const rows = [NEW, OLD].map((n) => ({
    ...{ id: backupId(n), project_id: PROJECT, server_id: SERVER, target: 'memory' },
    ...{ status: 'available', fail_code: null as string | null },
  }));
  const snaps = { names: [snapOf(NEW)] };
  const world = {
    targets: {
      get: (name: string) => (name === 'other' ? other : target),
      defaultName: 'memory',
      names: ['memory', 'other'],
    },
    catalogue: {
      backup: async (id: string) => rows.find((row) => row.id === id),
      backupsOfServer: async () => rows,
      listBackups: async () => rows.filter((row) => row.status === 'error'),
      updateBackup: async (id: string, change: object) =>
        void Object.assign(rows.find((row) => row.id === id)!, change),
      recordServer: async () => undefined,
    },
    manifestCopies: {
      keep: async (id: string, sealed: string) => void copies.set(id, sealed),
      find: async (id: string) => copies.get(id),
    },
    ceph: {
      listSnaps: async () => snaps.names.map((name) => ({ name, sizeBytes: SIZE, protected: false })),
      exportDiff: ({ image }: { image: string }, toSnap: string) => {
        async function* whole() {
          const records = [data(0, disks.get(image)!)];
          yield* chunked(await streamOf({ fromSnap: null, toSnap, sizeBytes: SIZE }, records), 1000);
        }
        return sourceOf(whole());
      },
    },
    clock: hastyClock(),
    manifestKey: KEY,
    keys,
    settings: { disksInParallel: 2, zstdLevel: 1, maxBytesPerSecond: 0 },
  } as unknown as World;
  return { target, other, world, rows, disks, snaps, copies, entries };
}

type Scene = Awaited<ReturnType<typeof scene>>;

async function carryOut(
  { world, rows }: Scene,
  workflow: Workflow<World>,
  input: object = {},
  crashAt?: (place: string) => boolean,
) {
  const operation: Operation = {
    ...newOperation(),
    ...{
      workflow: workflow.name as WorkflowName,
      project_id: PROJECT,
      resource_type: 'backup',
      resource_id: backupId(NEW),
    },
    input: { backup_id: backupId(NEW), ...input },
  };
  const bench = await recipeBench({ world, workflow, operation }, crashAt);
  for (let n = 0; n < 5; n += 1) await bench.execute();
  const { status, failure } = (await bench.operations.operation(operation.id, null))!;
  await bench.close();
  const end = failure ? workflow.ended(operation, failure) : undefined;
  if (end?.backup && 'change' in end.backup) Object.assign(rows[0]!, end.backup.change);
  if (status === 'succeeded') Object.assign(rows[0]!, { status: 'available', fail_code: null });
  return { status, code: failure?.code, places: bench.places };
}

async function requireEqual({ target, world, disks }: Scene): Promise<void> {
  const { manifest } = (await findStored(target, idsOf(NEW), KEY))!;
  const { signal } = new AbortController();
  for (const { runs, snap, image } of manifest.disks) {
    const stream = restoreStream({ runs, sizeBytes: SIZE, toSnap: snap, target, keys: world.keys, signal });
    const { records } = await readDiff(stream, { fromSnap: null, toSnap: snap });
    expect(applyRecords(new Uint8Array(), SIZE, await Array.fromAsync(records))).toEqual(disks.get(image.image));
  }
}

const spoil = ({ target, entries }: Scene, disk: number, run: number): void => {
  target.objects.get(entries[NEW][disk]!.runs[run]!.object)![45]! ^= 1;
};

describe('a backup against its source', () => {
  it('is the same, and the difference is told where there is one', async () => {
    const one = await scene();
    expect(await carryOut(one, verifyBackup, { against_source: true })).toMatchObject({ status: 'succeeded' });
    const [[, disk]] = [...one.disks] as [[string, Uint8Array]];
    disk[4000] = 7;
    expect(await carryOut(one, verifyBackup)).toMatchObject({ status: 'succeeded' });
    expect(await carryOut(one, verifyBackup, { against_source: true })).toMatchObject({
      status: 'failed',
      code: 'vm-backup.archive.differs-from-source',
    });
    expect(one.rows[0]).toMatchObject({ status: 'error', fail_reason: expect.stringMatching(/at 4000\.$/) });
    expect(await carryOut(one, repairBackup)).toMatchObject({ status: 'succeeded' });
    await requireEqual(one);
  });

  it('cannot be compared when the snap is gone, which says nothing against it', async () => {
    const one = await scene();
    one.snaps.names = [];
    expect(await carryOut(one, verifyBackup, { against_source: true })).toMatchObject({
      code: 'vm-backup.verify.source-gone',
    });
    expect(one.rows[0]?.status).toBe('available');
  });
});

describe('a bad backup', () => {
  it.each([0, 1])(
    'is repaired from its snap when run %d of a disk is damaged; others that need it stay bad',
    async (run) => {
      const one = await scene();
      spoil(one, 1, run);
      const untouched = one.entries[NEW][0]!.runs;
      expect(await carryOut(one, verifyBackup)).toMatchObject({ code: 'vm-backup.archive.damaged' });
      expect(one.rows.map((row) => row.status)).toEqual(['error', run === 0 ? 'available' : 'error']);
      expect(await carryOut(one, repairBackup)).toMatchObject({ status: 'succeeded' });
      expect(await carryOut(one, verifyBackup, { against_source: true })).toMatchObject({ status: 'succeeded' });
      const { manifest } = (await findStored(one.target, idsOf(NEW), KEY))!;
      expect(manifest.generation).toBe(2);
      expect(manifest.disks[0]!.runs).toEqual(untouched);
      expect((await openChain(one.target, manifest.disks[1]!.runs, one.world.keys))[0]!.parts.format).toBe(
        'rewind-run/2',
      );
      await requireEqual(one);
    },
  );

  it('gets its manifest back from the copy', async () => {
    const one = await scene();
    one.target.objects.get(manifestObject(idsOf(NEW)))![9]! ^= 1;
    expect(await carryOut(one, verifyBackup)).toMatchObject({ code: 'vm-backup.archive.damaged' });
    expect(await carryOut(one, repairBackup)).toMatchObject({ status: 'succeeded' });
    expect(await carryOut(one, verifyBackup)).toMatchObject({ status: 'succeeded' });
    await requireEqual(one);
  });

  it('gets its run back from another target, and so does every backup that needs it', async () => {
    const one = await scene();
    for (const [name, bytes] of one.target.objects)
      if (!name.includes('/backups/')) one.other.objects.set(name, bytes.slice());
    one.snaps.names = [];
    spoil(one, 1, 1);
    await carryOut(one, verifyBackup);
    expect(one.rows.map((row) => row.status)).toEqual(['error', 'error']);
    expect(await carryOut(one, repairBackup)).toMatchObject({ status: 'succeeded' });
    expect((await findStored(one.target, idsOf(NEW), KEY))!.manifest).not.toHaveProperty('generation');
    for (const [name, bytes] of one.other.objects) expect([name, one.target.objects.get(name)]).toEqual([name, bytes]);
    expect(await carryOut(one, verifyBackup)).toMatchObject({ status: 'succeeded' });
    await requireEqual(one);
    // The same damage there: nothing good may go.
    spoil(one, 0, 0);
    one.other.objects.get(one.entries[NEW][0]!.runs[0]!.object)![45]! ^= 2;
    await carryOut(one, verifyBackup);
    expect(await carryOut(one, repairBackup)).toMatchObject({ code: 'vm-backup.repair.no-source' });
    expect(one.target.objects.has(one.entries[NEW][0]!.runs[0]!.object)).toBe(true);
  });

  it('stays bad without its snap', async () => {
    const one = await scene();
    spoil(one, 0, 0);
    one.snaps.names = [];
    await carryOut(one, verifyBackup);
    expect(await carryOut(one, repairBackup)).toMatchObject({ code: 'vm-backup.repair.no-source' });
    expect(one.rows[0]).toMatchObject({ status: 'error', fail_code: 'vm-backup.archive.damaged' });
  });

  it.each([false, true])(
    'is repaired to the same end by workers that are killed anywhere (copy: %s)',
    async (copy) => {
      const killedAt = async (at: number) => {
        const one = await scene();
        if (copy) for (const [name, bytes] of one.target.objects) one.other.objects.set(name, bytes.slice());
        spoil(one, 0, 1);
        await carryOut(one, verifyBackup);
        let seen = 0;
        const { status, places } = await carryOut(one, repairBackup, {}, () => seen++ === at);
        expect(status).toBe('succeeded');
        await requireEqual(one);
        return places.length;
      };
      const places = await killedAt(Number.POSITIVE_INFINITY);
      expect(places).toBeGreaterThan(8);
      for (const nth of sampledCalls(places, 8)) expect(await killedAt(nth - 1)).toBeGreaterThan(nth - 1);
    },
    180_000,
  );
});

describe('the watch over bad backups', () => {
  it('asks once for the newest of a server, and for none whose key was erased', async () => {
    const { world, rows } = await scene();
    const asked: Operation[] = [];
    let busy = true;
    const parts = {
      catalogue: world.catalogue,
      operations: {
        record: async ({ operation }: { operation: Operation }) => {
          if (busy) throw new RewindError('server.busy', 'busy');
          asked.push(operation);
        },
      },
      queue: { enqueue: async () => undefined },
      ...{ clock: world.clock, ids: { uuid: () => backupId(9) }, log: silentLog, deadlineHours: 1, manyTargets: false },
    } as unknown as Parameters<typeof repairOnce>[0];
    const tried = new Map<string, number>();
    const look = () => repairOnce(parts, tried);
    await look();
    Object.assign(rows[1]!, { status: 'error', fail_code: 'vm-backup.archive.damaged' });
    await look();
    Object.assign(rows[0]!, { status: 'error', fail_code: 'vm-backup.archive.key-erased' });
    await look();
    Object.assign(rows[0]!, { fail_code: 'vm-backup.archive.missing' });
    await look();
    expect(asked).toEqual([]);
    busy = false;
    await look();
    await look();
    expect(asked.map(({ workflow, resource_id }) => [workflow, resource_id])).toEqual([
      ['repair-backup/1', backupId(NEW)],
    ]);
  });
});
