import { describe, expect, it } from '@jest/globals';
import {
  keysPrefix,
  manifestObject,
  parseKeyObject,
  parseRunObject,
  runObject,
} from '../../src/archive/format/layout.ts';
import { generationOf, type Manifest, sealManifest } from '../../src/archive/manifests/manifest.ts';
import { findManifest, findStored, writeManifest } from '../../src/archive/manifests/manifests.ts';
import { ensureTargetInfo } from '../../src/archive/manifests/target-info.ts';
import { restoreStream } from '../../src/archive/runs/restore-stream.ts';
import type { RunSummary } from '../../src/archive/runs/write-run.ts';
import { RewindError } from '../../src/domain/errors.ts';
import { trustedManifest } from '../../src/workflows/lookups/trusted-manifest.ts';
import {
  backupId,
  diskEntry,
  id,
  idsOf,
  KEY,
  manifestOf,
  PROJECT,
  place,
  SERVER,
  store,
} from '../unit/archive/support/backups.ts';
import { ringOf, rootFile, rootLine } from '../unit/archive/support/key-rings.ts';
import { MemoryTarget } from '../unit/archive/support/memory-target.ts';
import { collect, data, zero } from '../unit/archive/support/streams.ts';
import { isThorough, seed } from '../world/sampling.ts';
import { verifyBackup } from '../world/verify-whole-backup.ts';

/** A thorough run flips each bit; otherwise each STEP-th, of another begin each time. */
const STEP = isThorough ? 1 : 83;
const FIRST = seed % STEP;
const FULL = 1;
const INCREMENT = 2;
const SIZE = 8192;
const root = rootFile(rootLine('root', 3));
const noise = (length: number, salt: number) =>
  Buffer.from(Array.from({ length }, (_, n) => (n * n * 31 + n * salt + (n >> 3)) % 251));

interface Store {
  target: MemoryTarget;
  /** What the database remembers. */
  copies: Map<string, string>;
  /** Bytes of the manifest that was superseded. */
  old: Uint8Array;
  /** The same run by another attempt. */
  twin: Uint8Array;
}

/** A full backup in clear of one disk and encrypted of another, an encrypted increment, described anew once. */
async function smallStore(): Promise<Store> {
  const target = new MemoryTarget();
  await ensureTargetInfo(target, KEY, () => id('e', 1));
  const key = await ringOf(root.keys).current(target, PROJECT);
  const zeros = [data(0, noise(300, 3)), zero(1024, 512), data(4096, noise(200, 5))];
  const first: RunSummary[] = [await store(target, 1, FULL, null, SIZE, zeros)];
  const second = [await store(target, 2, FULL, null, SIZE, [data(512, noise(100, 7)), data(7000, 'end')], { key })];
  await writeManifest(target, manifestOf(FULL, [diskEntry(1, FULL, first), diskEntry(2, FULL, second)]), KEY);
  const changes = [data(100, noise(60, 11)), zero(4096, 100)];
  const again = { key, object: runObject(place(1), backupId(INCREMENT), 2) };
  const twin = await store(target, 1, INCREMENT, FULL, SIZE, changes, again);
  const twinBytes = target.objects.get(twin.object)!;
  target.objects.delete(twin.object);
  first.unshift(await store(target, 1, INCREMENT, FULL, SIZE, changes, { key }));
  second.unshift(await store(target, 2, INCREMENT, FULL, SIZE, [], { key }));
  const manifest = manifestOf(INCREMENT, [diskEntry(1, INCREMENT, first), diskEntry(2, INCREMENT, second)]);
  await writeManifest(target, { ...manifest, generation: 2 }, KEY);
  const copies = new Map<string, string>();
  for (const backup of [FULL, INCREMENT]) {
    const { sealed } = (await findStored(target, idsOf(backup), KEY))!;
    copies.set(backupId(backup), Buffer.from(sealed).toString());
  }
  return { target, copies, old: sealManifest(manifest, KEY), twin: twinBytes };
}

function trusted({ target, copies }: Store, backup: number): Promise<Manifest> {
  const world = {
    targets: { get: () => target, defaultName: 'memory', names: ['memory'] },
    manifestKey: KEY,
    manifestCopies: { find: async (one: string) => copies.get(one), keep: async () => undefined },
  };
  return trustedManifest(world, { id: backupId(backup), project_id: PROJECT, server_id: SERVER, target: 'memory' });
}

async function verify(of: Store, backup: number): Promise<void> {
  await trusted(of, backup);
  await verifyBackup({ target: of.target, ids: idsOf(backup), key: KEY, keys: ringOf(root.keys) });
}

/** The streams a restore of the backup would feed to rbd, one after the other. */
async function restore(of: Store, backup: number): Promise<Buffer> {
  const { target } = of;
  const { signal } = new AbortController();
  const streams: Buffer[] = [];
  for (const { runs, size_bytes: sizeBytes, snap: toSnap } of (await trusted(of, backup)).disks)
    streams.push(await collect(restoreStream({ runs, sizeBytes, toSnap, target, keys: ringOf(root.keys), signal })));
  return Buffer.concat(streams);
}

class Tally {
  done = 0;

  /** Every refusal names the object, and none is an accident. */
  async attempt(of: Store, backup: number, good: Buffer, object: string, expected: RegExp): Promise<void> {
    this.done += 1;
    const error = await verify(of, backup).then(
      () => undefined,
      (one) => one,
    );
    if (!(error instanceof RewindError)) throw error ?? new Error(`${object}: verify took it`);
    const reason = `${error.code.replace('vm-backup.', '')}: ${error.message.replaceAll(object, '…')}`;
    if (!expected.test(reason)) throw new Error(`${object}: ${reason}`);
    const restored = await restore(of, backup).catch((one) => one);
    if (Buffer.isBuffer(restored) && restored.equals(good)) return;
    if (!(restored instanceof RewindError && restored.code === error.code))
      throw restored instanceof Error ? restored : new Error(`${object}: restore gave other bytes`);
  }
}

const DAMAGED = /^archive\.damaged: The stored object … is damaged/;
const GONE = /^archive\.(missing: The stored object .* is missing|key-missing: )/;

describe('an encrypted store', () => {
  it('refuses each bit that was flipped, each object cut off, removed, exchanged, replayed, with the reason', async () => {
    const of = await smallStore();
    const { target } = of;
    const good = new Map<number, Buffer>();
    const needs = new Map<number, string[]>();
    for (const backup of [FULL, INCREMENT]) {
      await verify(of, backup);
      good.set(backup, await restore(of, backup));
      const { disks, generation } = (await findManifest(target, idsOf(backup), KEY))!;
      const runs = disks.flatMap((disk) => disk.runs.map((run) => run.object));
      needs.set(backup, [manifestObject(idsOf(backup), generation ?? 1), ...runs]);
    }
    const stored = [...target.objects];
    const bytes = stored.reduce((sum, [, content]) => sum + content.length, 0);
    const [flips, cuts, gone, others] = [new Tally(), new Tally(), new Tally(), new Tally()];
    const spoil = (tally: Tally, object: string, content: Uint8Array | undefined, expected: RegExp) => {
      if (content) target.objects.set(object, content);
      else target.objects.delete(object);
      const backup = needs.get(INCREMENT)!.includes(object) || !needs.get(FULL)!.includes(object) ? INCREMENT : FULL;
      return tally.attempt(of, backup, good.get(backup)!, object, expected);
    };
    for (const [object, content] of stored) {
      for (let bit = FIRST; bit < content.length * 8; bit += STEP) {
        const spoiled = content.slice();
        spoiled[bit >> 3]! ^= 1 << (bit & 7);
        await spoil(flips, object, spoiled, DAMAGED);
      }
      for (let length = 0; length < content.length; length += STEP)
        await spoil(cuts, object, content.slice(0, length), DAMAGED);
      await spoil(gone, object, undefined, GONE);
      await spoil(others, object, Buffer.concat([content, Buffer.from([0])]), DAMAGED);
      for (const [other, its] of stored) if (other !== object) await spoil(others, object, its, DAMAGED);
      target.objects.set(object, content);
    }
    const replayed = runObject(place(1), backupId(INCREMENT), 1);
    const honest = target.objects.get(replayed)!;
    await spoil(others, replayed, of.twin, /^archive\.damaged: .* it is not the run that was written/);
    target.objects.set(replayed, honest);
    for (const backup of [FULL, INCREMENT]) await verify(of, backup);
    const bits = (bytes * 8) / STEP;
    expect(flips.done).toBeGreaterThan(bits - stored.length - 1);
    expect(stored.filter(([name]) => parseRunObject(name)).length).toBe(4);
    expect(stored.filter(([name]) => parseKeyObject(name)).length).toBe(1);
    expect(gone.done).toBe(stored.length);
    if (STEP === 1) expect([flips.done, cuts.done]).toEqual([bytes * 8, bytes]);
  }, 3_600_000);

  it('refuses a manifest that was rolled back, or replayed, and takes one that is newer than the copy', async () => {
    const of = await smallStore();
    const newest = manifestObject(idsOf(INCREMENT), 2);
    const bytes = of.target.objects.get(newest)!;
    of.target.objects.delete(newest);
    of.target.objects.set(manifestObject(idsOf(INCREMENT), 1), of.old);
    const reason = async () => {
      const error = await trusted(of, INCREMENT).catch((one) => one);
      return `${error.code}: ${error.message}`;
    };
    expect(await reason()).toMatch(/^vm-backup\.archive\.rolled-back: .*generation is 1, and it was 2/);
    of.target.objects.delete(manifestObject(idsOf(INCREMENT), 1));
    expect(await reason()).toMatch(/^vm-backup\.archive\.missing/);
    // The same generation, sealed by us, of an attempt that was taken back.
    const manifest = manifestOf(INCREMENT, []);
    of.target.objects.set(newest, sealManifest({ ...manifest, generation: 2 }, KEY));
    expect(await reason()).toMatch(/^vm-backup\.archive\.rolled-back: .*another one than was written/);
    of.target.objects.set(newest, bytes);
    await writeManifest(of.target, { ...(await trusted(of, INCREMENT)), generation: 3 }, KEY);
    expect(generationOf(await trusted(of, INCREMENT))).toBe(3);
    of.copies.set(backupId(INCREMENT), 'not readable');
    expect(generationOf(await trusted(of, INCREMENT))).toBe(3);
  });

  it('tells a key that was lost from one that was erased', async () => {
    const of = await smallStore();
    const [object] = await Array.fromAsync(of.target.list(keysPrefix(PROJECT)));
    of.target.objects.delete(object!);
    await expect(verify(of, INCREMENT)).rejects.toMatchObject({ code: 'vm-backup.archive.key-missing' });
  });
});
