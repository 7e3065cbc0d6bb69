import { describe, expect, it } from '@jest/globals';
import { manifestObject, TARGET_INFO_OBJECT } from '../../src/archive/format/layout.ts';
import { noKeys } from '../../src/archive/keys/no-keys.ts';
import type { Manifest } from '../../src/archive/manifests/manifest.ts';
import { readManifest, runsNeeded, writeManifest } from '../../src/archive/manifests/manifests.ts';
import { ensureTargetInfo } from '../../src/archive/manifests/target-info.ts';
import { restoreStream } from '../../src/archive/runs/restore-stream.ts';
import { RewindError } from '../../src/domain/errors.ts';
import { diskEntry, id, idsOf, KEY, manifestOf, store } from '../unit/archive/support/backups.ts';
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
const noise = (length: number, salt: number) =>
  Buffer.from(Array.from({ length }, (_, n) => (n * n * 31 + n * salt + (n >> 3)) % 251));

/** Two disks; a full backup and an increment on it; everything that lies on the target. */
async function smallStore(): Promise<MemoryTarget> {
  const target = new MemoryTarget();
  await ensureTargetInfo(target, KEY, () => id('e', 1));
  const first = [
    await store(target, 1, FULL, null, SIZE, [data(0, noise(300, 3)), zero(1024, 512), data(4096, noise(200, 5))]),
  ];
  const second = [await store(target, 2, FULL, null, SIZE, [data(512, noise(100, 7)), data(7000, 'the end')])];
  await writeManifest(target, manifestOf(FULL, [diskEntry(1, FULL, first), diskEntry(2, FULL, second)]), KEY);
  first.unshift(await store(target, 1, INCREMENT, FULL, SIZE, [data(100, noise(60, 11)), zero(4096, 100)]));
  second.unshift(await store(target, 2, INCREMENT, FULL, SIZE, []));
  await writeManifest(
    target,
    manifestOf(INCREMENT, [diskEntry(1, INCREMENT, first), diskEntry(2, INCREMENT, second)]),
    KEY,
  );
  return target;
}

const verify = (target: MemoryTarget, backup: number) =>
  verifyBackup({ target, ids: idsOf(backup), key: KEY, keys: noKeys });

/** The streams a restore of the backup would feed to rbd, one after the other. */
async function restore(target: MemoryTarget, backup: number): Promise<Buffer> {
  const manifest = await readManifest(target, idsOf(backup), KEY);
  const streams: Buffer[] = [];
  for (const { runs, size_bytes: sizeBytes, snap: toSnap } of manifest.disks) {
    streams.push(
      await collect(
        restoreStream({ runs, sizeBytes, toSnap, target, keys: noKeys, signal: new AbortController().signal }),
      ),
    );
  }
  return Buffer.concat(streams);
}

type Outcome = 'refused' | 'same' | 'different' | 'crashed';

/** A refusal names the object that is damaged. */
async function outcome(act: () => Promise<unknown>, object: string, expected?: Buffer): Promise<Outcome> {
  try {
    const result = await act();
    return expected === undefined || expected.equals(result as Buffer) ? 'same' : 'different';
  } catch (error) {
    if (!(error instanceof RewindError) || !/^vm-backup\.archive\.(damaged|missing)$/.test(error.code))
      return 'crashed';
    return error.message.includes(object) ? 'refused' : 'crashed';
  }
}

interface Counts {
  done: number;
  refused: number;
}

/** The backups that an object is part of. */
const backupsOf = (object: string, manifests: Map<number, Manifest>): number[] =>
  [...manifests]
    .filter(
      ([backup, manifest]) =>
        object === TARGET_INFO_OBJECT || object === manifestObject(idsOf(backup)) || runsNeeded([manifest]).has(object),
    )
    .map(([backup]) => backup);

describe('bit rot', () => {
  it('is found by verify and never restored, whatever bit of whatever object it hits', async () => {
    const target = await smallStore();
    const manifests = new Map<number, Manifest>();
    const good = new Map<number, Buffer>();
    for (const backup of [FULL, INCREMENT]) {
      manifests.set(backup, await verify(target, backup));
      good.set(backup, await restore(target, backup));
    }
    const stored = [...target.objects];
    const bytes = stored.reduce((sum, [, content]) => sum + content.length, 0);

    const attempt = async (counts: Counts, object: string, content: Uint8Array | undefined) => {
      if (content) target.objects.set(object, content);
      else target.objects.delete(object);
      // The newest backup that needs it: what the older one needs of it is the same.
      const backup = backupsOf(object, manifests).at(-1)!;
      counts.done += 1;
      const verified = await outcome(() => verify(target, backup), object);
      if (verified === 'refused') counts.refused += 1;
      else throw new Error(`${object}: verify ${verified}`);
      const restored = await outcome(() => restore(target, backup), object, good.get(backup));
      if (restored !== 'refused' && restored !== 'same') throw new Error(`${object}: restore ${restored}`);
    };
    const zeroCounts = (): Counts => ({ done: 0, refused: 0 });
    const flips = zeroCounts();
    const cuts = zeroCounts();
    const others = zeroCounts();
    for (const [object, content] of stored) {
      for (let bit = FIRST; bit < content.length * 8; bit += STEP) {
        const spoiled = content.slice();
        spoiled[bit >> 3]! ^= 1 << (bit & 7);
        await attempt(flips, object, spoiled);
      }
      for (let length = 0; length < content.length; length += STEP)
        await attempt(cuts, object, content.slice(0, length));
      await attempt(others, object, undefined);
      await attempt(others, object, Buffer.concat([content, Buffer.from([0])]));
      for (const [other, its] of stored) if (other !== object) await attempt(others, object, its);
      target.objects.set(object, content);
    }
    for (const backup of [FULL, INCREMENT]) await verify(target, backup);

    expect(flips.done).toBeGreaterThan((bytes * 8) / STEP - stored.length - 1);
    expect(cuts.done).toBeGreaterThan(bytes / STEP - 1);
    expect([flips.refused, cuts.refused]).toEqual([flips.done, cuts.done]);
    expect(others.refused).toBe(others.done);
  }, 600_000);
});
