import { randomUUID } from 'node:crypto';
import { describe, expect, jest, test } from '@jest/globals';
import { noKeys } from '../../src/archive/keys/no-keys.ts';
import { manifestsOfServer, runsNeeded, writeManifest } from '../../src/archive/manifests/manifests.ts';
import { ensureTargetInfo } from '../../src/archive/manifests/target-info.ts';
import { restoreStream } from '../../src/archive/runs/restore-stream.ts';
import type { RunSummary } from '../../src/archive/runs/write-run.ts';
import type { Operation } from '../../src/domain/operations/operation.ts';
import type { Backup } from '../../src/domain/points/backup.ts';
import type { ImageRef } from '../../src/domain/points/disk.ts';
import { DIFF_END } from '../../src/rbd-diff/writer.ts';
import type { Workflow } from '../../src/workflow-engine/workflow.ts';
import { compactBackup } from '../../src/workflows/recipes/compact-backup.ts';
import { createBackup } from '../../src/workflows/recipes/create-backup.ts';
import { deleteBackup } from '../../src/workflows/recipes/delete-backup.ts';
import type { World } from '../../src/workflows/world.ts';
import {
  backupId,
  diskEntry,
  diskId,
  KEY,
  manifestOf,
  PROJECT,
  SERVER,
  snapOf,
  store,
} from '../unit/archive/support/backups.ts';
import { contentOf } from '../unit/archive/support/content.ts';
import { MemoryTarget } from '../unit/archive/support/memory-target.ts';
import { chunked, data, sourceOf, streamOf } from '../unit/archive/support/streams.ts';
import { debtsInMemory } from '../world/debts-in-memory.ts';
import { hastyClock, newOperation, recipeBench } from '../world/engine-bench.ts';
import { CallsThatFail, FAILURES } from '../world/failing-target.ts';
import { ownNamesInMemory } from '../world/own-names-in-memory.ts';
import { sampledCalls } from '../world/sampling.ts';
import { verifyBackup } from '../world/verify-whole-backup.ts';

jest.setTimeout(120_000);
const SIZE = 4096;
const BACKUPS = 3;
const place = { projectId: PROJECT, serverId: SERVER };
const everything = (n: number) => Buffer.alloc(SIZE, n);

/** Backups 1 to 3 of one disk; backup n holds n everywhere, so that what it restores to tells which it is. */
async function makeChain(): Promise<MemoryTarget> {
  const target = new MemoryTarget();
  await ensureTargetInfo(target, KEY, randomUUID);
  const runs: RunSummary[] = [];
  for (let n = 1; n <= BACKUPS; n += 1) {
    runs.unshift(await store(target, 1, n, n === 1 ? null : n - 1, SIZE, [data(0, everything(n))]));
    await writeManifest(target, manifestOf(n, [diskEntry(1, n, runs)]), KEY);
  }
  return target;
}
const chain = makeChain();

/** The cloud and the storage that a backup of a stopped server with one volume needs. */
function surroundings() {
  const snaps = new Set([snapOf(BACKUPS)]);
  const server = {
    id: SERVER,
    name: 'web',
    projectId: PROJECT,
    status: 'SHUTOFF',
    taskState: null,
    host: null,
    imageId: null,
  };
  const volumes = [{ volumeId: diskId(1), device: '/dev/vda', deleteOnTermination: false }];
  const volume = {
    id: diskId(1),
    nameId: diskId(1),
    projectId: PROJECT,
    host: null,
    encrypted: false,
    multiattach: false,
    attachments: [{ serverId: SERVER, device: '/dev/vda' }],
    raw: {},
  };
  const ceph = {
    version: async () => '16.2.15',
    imageInfo: async ({ image }: ImageRef) =>
      image.startsWith('volume-') ? { id: 'a1b2', sizeBytes: SIZE, features: [], flags: [] } : undefined,
    watchers: async () => [],
    listSnaps: async () => [...snaps].map((name) => ({ name, sizeBytes: SIZE, protected: false })),
    createSnap: async (_: ImageRef, snap: string) => void snaps.add(snap),
    removeSnap: async (_: ImageRef, snap: string) => void snaps.delete(snap),
    exportDiff: (_: ImageRef, toSnap: string, fromSnap: string | undefined) => {
      async function* stream() {
        const head = { fromSnap: fromSnap ?? null, toSnap, sizeBytes: SIZE };
        yield* chunked(await streamOf(head, [data(0, everything(9))]), 1000);
      }
      return sourceOf(stream());
    },
  };
  const shown = async () => ({ ...server, rootDeviceName: '/dev/vda', volumes });
  const cloud = {
    admin: {
      compute: { server: shown, serverState: shown },
      blockStorage: { volume: async () => volume },
    },
    environment: async () => ({ server: { id: SERVER, name: 'web', metadata: {} } }),
  };
  return { snaps, ceph, cloud };
}

interface Act {
  workflow: Workflow<World>;
  input: Record<string, unknown>;
}

const NEW = backupId(9);
const ACTS: Record<string, Act> = {
  'create-backup': {
    workflow: createBackup,
    input: { backup_id: NEW, server_id: SERVER, incremental: null, consistency: 'best', target: 'memory' },
  },
  'delete-backup': { workflow: deleteBackup, input: { backup_id: backupId(2) } },
  'compact-backup': { workflow: compactBackup, input: { backup_id: backupId(3), server_id: SERVER, target: 'memory' } },
};

async function bench({ workflow, input }: Act, target: MemoryTarget, fails: CallsThatFail) {
  const { snaps, ceph, cloud } = surroundings();
  const row = (id: string, status: string) =>
    ({
      id,
      project_id: PROJECT,
      server_id: SERVER,
      target: 'memory',
      status,
      disks: [{ id: diskId(1) }],
      metadata: {},
      name: null,
      description: null,
      user_id: 'u',
      created_at: '2026-01-01T00:00:00Z',
    }) as unknown as Backup;
  const rows = [row(NEW, 'creating'), ...[3, 2, 1].map((n) => row(backupId(n), 'available'))];
  const failing = fails.of(target);
  const world = {
    ...{ ceph, cloud, clock: hastyClock(), manifestKey: KEY, keys: noKeys, release: 'test' },
    hosts: { callOff: async () => undefined },
    targets: { get: () => failing },
    catalogue: {
      backup: async (id: string) => rows.find((one) => one.id === id),
      backupsOfServer: async () => rows,
      recordServer: async () => undefined,
    },
    manifestCopies: { find: async () => undefined, keep: async () => undefined },
    operations: { holderOf: async () => undefined },
    ownNames: ownNamesInMemory(),
    debts: debtsInMemory(),
    settings: {
      ...{ rootPool: 'vms', volumePool: 'volumes', volumeHosts: {}, disksInParallel: 1, zstdLevel: 1 },
      ...{ maxBytesPerSecond: 0, compactRuns: 2, compactShare: 0.1 },
    },
  } as unknown as World;
  const operation: Operation = {
    ...newOperation(),
    workflow: workflow.name,
    project_id: PROJECT,
    input,
    resource_id: NEW,
  };
  return { ...(await recipeBench({ world, workflow, operation })), snaps };
}

/** Every backup that is listed is whole and restores to what it was. Returns their numbers. */
async function listed(target: MemoryTarget): Promise<number[]> {
  const numbers: number[] = [];
  for await (const found of manifestsOfServer(target, KEY, place)) {
    if (!('manifest' in found)) throw found.error;
    await verifyBackup({ target, ids: found.ids, key: KEY, keys: noKeys });
    const [content] = await Promise.all(found.manifest.disks.map((disk) => contentOf(target, disk)));
    const number = Number(found.ids.backupId.slice(-2));
    expect(content?.every((byte) => byte === number)).toBe(true);
    numbers.push(number);
  }
  return numbers;
}

/** Runs that nobody names. */
async function orphans(target: MemoryTarget): Promise<string[]> {
  const manifests = [];
  for await (const found of manifestsOfServer(target, KEY, place))
    if ('manifest' in found) manifests.push(found.manifest);
  const needed = runsNeeded(manifests);
  return [...target.objects.keys()].filter((name) => name.includes('/runs/') && !needed.has(name));
}

const copyOf = async (): Promise<MemoryTarget> => {
  const target = new MemoryTarget();
  for (const [name, bytes] of (await chain).objects) target.objects.set(name, bytes.slice());
  return target;
};

describe.each(FAILURES)('every call of a target fails in turn: %s', (how) => {
  test.each(Object.entries(ACTS))('%s: nothing bad is listed, nothing good is lost', async (name, act) => {
    const before = [1, 2, 3];
    const after = { 'create-backup': [1, 2, 3, 9], 'delete-backup': [1, 3], 'compact-backup': before }[name];
    const attempt = async (nth: number) => {
      const target = await copyOf();
      const fails = new CallsThatFail(nth, how);
      const one = await bench(act, target, fails);
      const end = await one.execute();
      await one.close();
      return { target, fails, one, end, now: await listed(target) };
    };
    const undisturbed = await attempt(0);
    expect([undisturbed.end, undisturbed.now]).toEqual(['succeeded', after]);
    expect(undisturbed.fails.calls.length).toBeGreaterThan(7);
    for (const nth of sampledCalls(undisturbed.fails.calls.length, 8)) {
      const { target, fails, one, end, now } = await attempt(nth);
      expect(fails.fired).toBe(true);
      expect([before, after]).toContainEqual(now);
      // Whoever is told that it was done can rely on it.
      if (end === 'succeeded') expect(now).toEqual(after);
      if (name !== 'create-backup') continue;
      // What failed is put back: the snap, and the run where the target let us.
      if (end === 'failed') expect([...one.snaps]).toEqual([snapOf(BACKUPS)]);
      if (end === 'failed' && how !== 'for-a-while') expect(await orphans(target)).toEqual([]);
    }
  });

  test('a restore hands out no end of a stream that it could not read', async () => {
    const attempt = async (nth: number) => {
      const target = await copyOf();
      const manifests = await Array.fromAsync(manifestsOfServer(target, KEY, place));
      const newest = manifests.map((found) => ('manifest' in found ? found.manifest : undefined)).at(-1)!;
      const [disk] = newest.disks;
      const fails = new CallsThatFail(nth, how);
      const { signal } = new AbortController();
      const given = { runs: disk!.runs, sizeBytes: SIZE, toSnap: disk!.snap, keys: noKeys, signal };
      const got: Buffer[] = [];
      const error = await (async () => {
        for await (const chunk of restoreStream({ ...given, target: fails.of(target) })) got.push(Buffer.from(chunk));
      })().catch((caught) => caught);
      // The end record is what makes `rbd` believe that it has all.
      if (error !== undefined) expect(Buffer.concat(got).subarray(-DIFF_END.length).equals(DIFF_END)).toBe(false);
      return { fails, error };
    };
    const undisturbed = await attempt(0);
    expect(undisturbed.error).toBeUndefined();
    expect(undisturbed.fails.calls.length).toBeGreaterThan(7);
    for (const nth of sampledCalls(undisturbed.fails.calls.length, 8)) {
      const { fails, error } = await attempt(nth);
      expect(fails.fired).toBe(true);
      expect(error?.code).toBe('vm-backup.target.unavailable');
    }
  });
});
