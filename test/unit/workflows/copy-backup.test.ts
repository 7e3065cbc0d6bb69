import { randomUUID } from 'node:crypto';
import { describe, expect, jest, test } from '@jest/globals';
import { manifestObject, parseKeyObject } from '../../../src/archive/format/layout.ts';
import { writeErasure } from '../../../src/archive/keys/key-object.ts';
import { projectKeys } from '../../../src/archive/keys/project-keys.ts';
import {
  findManifest,
  manifestsOfServer,
  readManifest,
  runsNeeded,
  writeManifest,
} from '../../../src/archive/manifests/manifests.ts';
import { ensureTargetInfo } from '../../../src/archive/manifests/target-info.ts';
import type { RunSummary } from '../../../src/archive/runs/write-run.ts';
import type { Operation } from '../../../src/domain/operations/operation.ts';
import type { Backup } from '../../../src/domain/points/backup.ts';
import type { RootKeys } from '../../../src/ports/keys.ts';
import type { Target } from '../../../src/ports/target.ts';
import { copyBackup } from '../../../src/workflows/recipes/copy-backup.ts';
import type { World } from '../../../src/workflows/world.ts';
import { hastyClock, newOperation, recipeBench } from '../../world/engine-bench.ts';
import { CallsThatFail, FAILURES, type Failure } from '../../world/failing-target.ts';
import { sampled, sampledCalls } from '../../world/sampling.ts';
import { verifyBackup } from '../../world/verify-whole-backup.ts';
import {
  backupId,
  diskEntry,
  diskId,
  id,
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
const copyId = (number: number) => id('c', number);
const rootKeys: RootKeys = {
  ids: async () => ['root'],
  wrap: async (secret) => ({ rootKey: 'root', wrapped: Buffer.from(secret).toString('hex') }),
  unwrap: async ({ wrapped }) => Buffer.from(wrapped, 'hex'),
};

/** A target with a chain of three backups of two disks, the second of them encrypted if asked; another one without any. */
async function makeWorld(encrypt: boolean, disks: readonly number[] = DISKS) {
  const [one, two] = [new MemoryTarget('one'), new MemoryTarget('two')];
  const clock = hastyClock();
  const keys = projectKeys({ rootKeys, manifestKey: KEY, encrypt, ids: { uuid: randomUUID }, clock });
  for (const target of [one, two]) await ensureTargetInfo(target, KEY, randomUUID);
  const runs = new Map<number, RunSummary[]>(disks.map((disk) => [disk, []]));
  const rows = new Map<string, Backup>();
  const content = new Map<string, Uint8Array[]>();
  for (let n = 1; n <= 3; n += 1) {
    for (const disk of disks) {
      const records =
        n === 1 ? [data(0, Buffer.alloc(3000, disk))] : [data(n * 100, Buffer.alloc(90, n)), zero(n * 100 + 1000, 50)];
      runs
        .get(disk)!
        .unshift(
          await store(one, disk, n, n === 1 ? null : n - 1, SIZE, records, { key: await keys.current(one, PROJECT) }),
        );
    }
    const manifest = manifestOf(
      n,
      disks.map((disk) => diskEntry(disk, n, runs.get(disk)!)),
    );
    await writeManifest(one, manifest, KEY);
    rows.set(backupId(n), { id: backupId(n), target: 'one', status: 'available' } as Backup);
    content.set(backupId(n), await Promise.all(manifest.disks.map((disk) => contentOf(one, disk, keys))));
  }
  return { one, two, clock, keys, rows, content };
}

type Made = Awaited<ReturnType<typeof makeWorld>>;

const made = new Map<string, Promise<Made>>();

/** Made once, handed out as copies; `copied`: the first backup was copied already. */
async function world(encrypt = false, copied = false): Promise<Made> {
  const name = `${encrypt} ${copied}`;
  if (!made.has(name)) made.set(name, copied ? worldWithCopy(encrypt) : makeWorld(encrypt));
  const original = await made.get(name)!;
  const [one, two] = [new MemoryTarget('one'), new MemoryTarget('two')];
  for (const [to, from] of [
    [one, original.one],
    [two, original.two],
  ] as const)
    for (const [object, bytes] of from.objects) to.objects.set(object, bytes.slice());
  const clock = hastyClock();
  const keys = projectKeys({ rootKeys, manifestKey: KEY, encrypt, ids: { uuid: randomUUID }, clock });
  return { ...original, one, two, clock, keys };
}

/** One disk only: each of its calls will be failed. */
async function worldWithCopy(encrypt: boolean): Promise<Made> {
  const first = await makeWorld(encrypt, [1]);
  await copy(first, 1);
  return first;
}

async function bench(
  made: Made,
  n: number,
  crashAt?: (place: string) => boolean,
  fails = new CallsThatFail(0, 'once'),
  to = 'two',
) {
  const source = { ...made.rows.get(backupId(n))!, project_id: PROJECT, server_id: SERVER };
  const copy = {
    ...source,
    id: copyId(n),
    target: to,
    status: 'creating',
    name: 'second',
    description: null,
    metadata: {},
    user_id: 'u',
    created_at: '2026-02-02T00:00:00Z',
  };
  const targets: Record<string, Target> = { one: fails.of(made.one), two: fails.of(made.two) };
  const kept = new Map<string, string>();
  const recipes = {
    targets: { get: (name: string) => targets[name] },
    catalogue: {
      backup: async (wanted: string) => [source, copy].find((row) => row.id === wanted),
      backupsOfServer: async () => [source, copy],
      recordServer: async () => undefined,
    },
    manifestCopies: {
      find: async () => undefined,
      keep: async (wanted: string, text: string) => void kept.set(wanted, text),
    },
    clock: made.clock,
    manifestKey: KEY,
    keys: made.keys,
    settings: { maxBytesPerSecond: 0 },
    release: 'test',
  } as unknown as World;
  const input = { backup_id: copy.id, source_id: source.id, server_id: SERVER, target: to };
  const operation: Operation = {
    ...newOperation(),
    workflow: 'copy-backup/1',
    project_id: PROJECT,
    resource_id: copy.id,
    input,
  };
  return { ...(await recipeBench({ world: recipes, workflow: copyBackup, operation }, crashAt)), kept };
}

async function copy(made: Made, n: number) {
  const one = await bench(made, n);
  expect(await one.execute()).toBe('succeeded');
  expect([...one.kept.keys()]).toEqual([copyId(n)]);
  await one.close();
}

const copyIds = (n: number) => ({ ...idsOf(n), backupId: copyId(n) });
const runsOn = (target: MemoryTarget) => [...target.objects.keys()].filter((name) => name.includes('/runs/'));

/** Every backup that is listed can be read in whole and holds what it says. Returns how many there are. */
async function requireWhole({ two, content, keys }: Made, without?: MemoryTarget): Promise<number> {
  without?.objects.clear();
  let count = 0;
  for await (const found of manifestsOfServer(two, KEY, { projectId: PROJECT, serverId: SERVER })) {
    if (!('manifest' in found)) throw found.error;
    const { backup, disks } = found.manifest;
    await verifyBackup({ target: two, ids: found.ids, key: KEY, keys });
    const held = await Promise.all(disks.map((disk) => contentOf(two, disk, keys)));
    expect(held).toEqual(content.get(backup.copy_of ?? ''));
    count += 1;
  }
  return count;
}

jest.setTimeout(240_000);

describe('a copy on another target', () => {
  test('is a backup of its own: all of it lies there, and the first target is not needed', async () => {
    const made = await world();
    await copy(made, 3);
    const manifest = await readManifest(made.two, copyIds(3), KEY);
    expect(manifest.backup).toMatchObject({ id: copyId(3), copy_of: backupId(3), name: 'second', incremental: false });
    expect(manifest.disks.map((disk) => [disk.snap, disk.runs.length])).toEqual([
      [`rewind-b-${backupId(3)}`, 3],
      [`rewind-b-${backupId(3)}`, 3],
    ]);
    expect(manifest.backup.stored_bytes).toBe(
      manifest.disks.flatMap((disk) => disk.runs).reduce((sum, run) => sum + run.stored_bytes, 0),
    );
    for (const name of runsOn(made.two)) expect(made.two.objects.get(name)).toEqual(made.one.objects.get(name));
    expect(await requireWhole(made, made.one)).toBe(1);
  });

  test('the next one takes along only what is not there yet, whatever runs it was cut into', async () => {
    const made = await world();
    await copy(made, 1);
    expect(runsOn(made.two)).toHaveLength(2);
    await copy(made, 3);
    expect(runsOn(made.two)).toHaveLength(6);
    const third = await readManifest(made.two, copyIds(3), KEY);
    expect(third.backup).toMatchObject({ incremental: true, base_backup_id: copyId(1) });
    // The one in between is part of what is there.
    await copy(made, 2);
    expect(runsOn(made.two)).toHaveLength(6);
    expect(await requireWhole(made, made.one)).toBe(3);
  });

  test('what is damaged there is not built on', async () => {
    const made = await world();
    await copy(made, 1);
    const lost = runsOn(made.two).find((name) => name.includes(diskId(2)))!;
    made.two.objects.delete(lost);
    await copy(made, 2);
    const manifest = await readManifest(made.two, copyIds(2), KEY);
    expect(manifest.disks.map((disk) => disk.base_backup_id)).toEqual([copyId(1), null]);
    // Copied again, and with it the older copy is whole again.
    expect(await requireWhole(made, made.one)).toBe(2);
  });

  test('encrypted, its keys go along', async () => {
    const made = await world(true);
    await copy(made, 3);
    expect([...made.two.objects.keys()].filter((name) => name.includes('/keys/'))).toHaveLength(1);
    expect(await requireWhole(made, made.one)).toBe(1);
    // A key that was erased there does not come back.
    const fresh = await world(true);
    const name = [...fresh.one.objects.keys()].find((object) => object.includes('/keys/'))!;
    const { keyId } = parseKeyObject(name)!;
    const said = { project_id: PROJECT, keys: [keyId], erased_at: '2026-01-01T00:00:00Z' };
    await writeErasure(fresh.two, 1, said, KEY);
    const one = await bench(fresh, 3);
    expect(await one.execute()).toBe('failed');
    const failed = await one.operations.operation(one.operation.id, null);
    expect(failed?.failure?.code).toBe('vm-backup.archive.key-erased');
    expect(fresh.two.objects.has(name)).toBe(false);
    await one.close();
  });

  test('damage on the way is found before the copy is listed, and nothing of it stays', async () => {
    const made = await world();
    const bad = runsOn(made.one)[0]!;
    made.one.objects.get(bad)![40]! ^= 1;
    const one = await bench(made, 3);
    expect(await one.execute()).toBe('failed');
    const operation = await one.operations.operation(one.operation.id, null);
    expect(operation?.failure?.code).toBe('vm-backup.archive.damaged');
    expect(await findManifest(made.two, copyIds(3), KEY)).toBeUndefined();
    expect(runsOn(made.two)).toEqual([]);
    await one.close();
  });

  test('beside a manifest that cannot be read, what came of a failed one stays: that backup may need it', async () => {
    const made = await world();
    made.two.objects.set(manifestObject(copyIds(1)), Buffer.from('nobody can read this'));
    made.one.objects.get(runsOn(made.one)[0]!)![40]! ^= 1;
    const one = await bench(made, 3);
    expect(await one.execute()).toBe('failed');
    expect(runsOn(made.two)).not.toEqual([]);
    await one.close();
  });

  test('killed at any place, the next worker makes it whole', async () => {
    const probe = await bench(await world(true), 3);
    await probe.execute();
    const places = probe.places;
    await probe.close();
    expect(places.length).toBeGreaterThan(40);
    for (const [index] of sampled([...places.entries()])) {
      const made = await world(true);
      let seen = 0;
      const one = await bench(made, 3, () => seen++ === index);
      expect(await one.execute()).toBe('let-go');
      await requireWhole(made);
      expect(await one.execute()).toBe(places[index] === 'finish:after-record' ? undefined : 'succeeded');
      expect(await requireWhole(made, made.one)).toBe(1);
      await one.close();
    }
  });

  test.each(FAILURES)(
    'whichever call of a target fails (%s), no bad backup is listed, and the next attempt succeeds',
    async (how: Failure) => {
      const attempt = async (nth: number) => {
        const made = await world(false, true);
        const fails = new CallsThatFail(nth, how);
        const one = await bench(made, 2, undefined, fails);
        const end = await one.execute();
        await one.close();
        return { made, fails, end };
      };
      const undisturbed = await attempt(0);
      expect(undisturbed.end).toBe('succeeded');
      expect(undisturbed.fails.calls.length).toBeGreaterThan(30);
      for (const nth of sampledCalls(undisturbed.fails.calls.length)) {
        const { made, fails, end } = await attempt(nth);
        expect(fails.fired).toBe(true);
        const listed = await requireWhole(made);
        if (end === 'succeeded') expect(listed).toBe(2);
        if (listed === 1 && how !== 'for-a-while') {
          // What the first copy needs is never taken away, what only this one wrote is.
          const needed = runsNeeded([await readManifest(made.two, copyIds(1), KEY)]);
          expect(runsOn(made.two).sort()).toEqual([...needed].sort());
        }
        if (listed === 1) await copy(made, 2);
        expect(await requireWhole(made, made.one)).toBe(2);
      }
    },
  );
});
