import { describe, expect, it } from '@jest/globals';
import { manifestObject, runObject } from '../../../src/archive/format/layout.ts';
import { noKeys } from '../../../src/archive/keys/no-keys.ts';
import { type Manifest, openManifest, sealManifest } from '../../../src/archive/manifests/manifest.ts';
import {
  allManifests,
  findManifest,
  listManifests,
  readManifest,
  removeManifest,
  removeSuperseded,
  runsNeeded,
  writeManifest,
} from '../../../src/archive/manifests/manifests.ts';
import { ensureTargetInfo, readTargetInfo } from '../../../src/archive/manifests/target-info.ts';
import { type ErrorCode, hasCode } from '../../../src/domain/errors.ts';
import { verifyBackup } from '../../world/verify-whole-backup.ts';
import { backupId, diskEntry, id, idsOf, KEY, manifestOf, PROJECT, place, SERVER, store } from './support/backups.ts';
import { MemoryTarget } from './support/memory-target.ts';
import { data } from './support/streams.ts';

const OTHER_KEY = new Uint8Array(32).fill(8);
const refusal = (act: () => unknown) =>
  Promise.resolve()
    .then(act)
    .then(
      () => undefined,
      (error) => error,
    );
const refusedAs = async (act: () => unknown, code: ErrorCode) => expect(hasCode(await refusal(act), code)).toBe(true);

async function oneBackup() {
  const target = new MemoryTarget();
  await ensureTargetInfo(target, KEY, () => id('e', 1));
  const run = await store(target, 1, 1, null, 1000, [data(0, 'hello')]);
  const manifest = manifestOf(1, [diskEntry(1, 1, [run])]);
  return { target, manifest, run };
}

describe('a sealed manifest', () => {
  it('opens with its key only, is readable as text, and every byte counts', async () => {
    const { manifest } = await oneBackup();
    const sealed = sealManifest(manifest, KEY);
    expect(openManifest(sealed, KEY, 'there')).toEqual(manifest);
    expect(Buffer.from(sealed).toString()).toMatch(
      /^\{\n "format": "rewind-manifest\/1",\n[\s\S]*\}\nhmac-sha256 [0-9a-f]{64}\n$/,
    );
    await refusedAs(() => openManifest(sealed, OTHER_KEY, 'there'), 'archive.damaged');
    await refusedAs(() => openManifest(new Uint8Array(0), KEY, 'there'), 'archive.damaged');
    expect((await refusal(() => openManifest(sealed.subarray(1), KEY, 'there'))).message).toContain('there');
    await refusedAs(() => sealManifest(manifest, new Uint8Array(8)), 'internal.bad-key');
  });

  it('is refused when it could not be read back', async () => {
    const { manifest } = await oneBackup();
    await refusedAs(
      () => sealManifest({ ...manifest, disks: [{ ...manifest.disks[0]!, size_bytes: -1 }] }, KEY),
      'archive.bad-manifest',
    );
    const runs = Array.from({ length: 1001 }, () => manifest.disks[0]!.runs[0]!);
    await refusedAs(
      () => sealManifest({ ...manifest, disks: [{ ...manifest.disks[0]!, runs }] }, KEY),
      'archive.bad-manifest',
    );
    await refusedAs(
      () => sealManifest({ ...manifest, server: { huge: 'x'.repeat(17 * 1024 * 1024) } }, KEY),
      'archive.bad-manifest',
    );
  });
});

describe('manifests on a target', () => {
  it('are written once, read, listed and removed', async () => {
    const { target, manifest } = await oneBackup();
    expect(await findManifest(target, idsOf(1), KEY)).toBeUndefined();
    await refusedAs(() => readManifest(target, idsOf(1), KEY), 'archive.missing');
    for (const _ of [1, 2]) await writeManifest(target, manifest, KEY);
    await refusedAs(() => writeManifest(target, { ...manifest, server: { other: 1 } }, KEY), 'archive.conflict');
    expect(await readManifest(target, idsOf(1), KEY)).toEqual(manifest);
    expect(await Array.fromAsync(listManifests(target, KEY, PROJECT, SERVER))).toEqual([manifest]);
    expect(runsNeeded([manifest])).toEqual(new Set(manifest.disks[0]!.runs.map((run) => run.object)));
    for (const _ of [1, 2]) await removeManifest(target, idsOf(1));
    expect(await Array.fromAsync(listManifests(target, KEY, PROJECT, SERVER))).toEqual([]);
  });

  it('are refused in a place that is not theirs', async () => {
    const { target, manifest } = await oneBackup();
    target.objects.set(manifestObject(idsOf(2)), sealManifest(manifest, KEY));
    const error = await refusal(() => readManifest(target, idsOf(2), KEY));
    expect(hasCode(error, 'archive.damaged')).toBe(true);
    expect(error.message).toContain(backupId(2));
  });

  it('rebuild a catalogue though one is damaged', async () => {
    const { target, manifest } = await oneBackup();
    await writeManifest(target, manifest, KEY);
    target.objects.set(manifestObject(idsOf(2)), Buffer.from('nonsense'));
    const found = await Array.fromAsync(allManifests(target, KEY));
    expect(found.map((one) => ('manifest' in one ? one.manifest.backup.id : one.error.code))).toEqual([
      backupId(1),
      'vm-backup.archive.damaged',
    ]);
    await refusedAs(() => Array.fromAsync(listManifests(target, KEY, PROJECT, SERVER)), 'archive.damaged');
  });
});

describe('generations of a manifest', () => {
  const second = (manifest: Manifest, generation = 2): Manifest => ({
    ...manifest,
    generation,
    server: { generation },
  });

  it('the highest one counts, wherever manifests are read', async () => {
    const { target, manifest } = await oneBackup();
    const other = { ...manifest, backup: { ...manifest.backup, id: backupId(2) } };
    for (const one of [second(manifest, 10), second(manifest, 9), manifest, other])
      await writeManifest(target, one, KEY);
    expect(await readManifest(target, idsOf(1), KEY)).toEqual(second(manifest, 10));
    expect(await Array.fromAsync(listManifests(target, KEY, PROJECT, SERVER))).toEqual([second(manifest, 10), other]);
    const all = await Array.fromAsync(allManifests(target, KEY));
    expect(all.map((one) => one.object)).toEqual([manifestObject(idsOf(1), 10), manifestObject(idsOf(2))]);
    expect(await removeSuperseded(target, idsOf(1))).toBe(2);
    expect(await removeSuperseded(target, idsOf(1))).toBe(0);
    expect([...target.objects.keys()].filter((name) => name.includes('manifest'))).toEqual([
      manifestObject(idsOf(1), 10),
      manifestObject(idsOf(2)),
    ]);
  });

  it('a damaged highest one is damage: nothing falls back to the one before it', async () => {
    const { target, manifest } = await oneBackup();
    await writeManifest(target, manifest, KEY);
    target.objects.set(manifestObject(idsOf(1), 2), Buffer.from('nonsense'));
    await refusedAs(() => readManifest(target, idsOf(1), KEY), 'archive.damaged');
    const [found] = await Array.fromAsync(allManifests(target, KEY));
    expect(found).toMatchObject({ object: manifestObject(idsOf(1), 2), error: { code: 'vm-backup.archive.damaged' } });
  });

  it('one under the name of another is damage', async () => {
    const { target, manifest } = await oneBackup();
    target.objects.set(manifestObject(idsOf(1), 3), sealManifest(second(manifest), KEY));
    await refusedAs(() => readManifest(target, idsOf(1), KEY), 'archive.damaged');
    target.objects.set(manifestObject(idsOf(1), 3), sealManifest(manifest, KEY));
    await refusedAs(() => readManifest(target, idsOf(1), KEY), 'archive.damaged');
  });

  it('a reader is not disturbed by one that is superseded under its hands', async () => {
    const { target, manifest } = await oneBackup();
    await writeManifest(target, manifest, KEY);
    const size = target.size.bind(target);
    let superseded = false;
    target.size = async (name) => {
      if (!superseded) {
        superseded = true;
        await writeManifest(target, second(manifest), KEY);
        await removeSuperseded(target, idsOf(1));
      }
      return size(name);
    };
    expect(await readManifest(target, idsOf(1), KEY)).toEqual(second(manifest));
    superseded = false;
    target.objects.delete(manifestObject(idsOf(1), 2));
    await writeManifest(target, manifest, KEY);
    superseded = false;
    expect(await Array.fromAsync(listManifests(target, KEY, PROJECT, SERVER))).toEqual([second(manifest)]);
  });

  it('a backup that is deleted exists in whole until its last one goes', async () => {
    const { target, manifest } = await oneBackup();
    for (const one of [manifest, second(manifest), second(manifest, 3)]) await writeManifest(target, one, KEY);
    const seen: unknown[] = [];
    const remove = target.remove.bind(target);
    target.remove = async (name) => {
      await remove(name);
      seen.push(await findManifest(target, idsOf(1), KEY));
    };
    await removeManifest(target, idsOf(1));
    expect(seen).toEqual([second(manifest, 3), second(manifest, 3), undefined]);
  });
});

describe('the mark of a target', () => {
  it('is made once, by one of two, and belongs to a key', async () => {
    const target = new MemoryTarget();
    expect(await readTargetInfo(target, KEY)).toBeUndefined();
    let n = 0;
    const newId = () => id('e', ++n);
    const [one, two] = await Promise.all([ensureTargetInfo(target, KEY, newId), ensureTargetInfo(target, KEY, newId)]);
    expect(one).toEqual(two);
    expect(await ensureTargetInfo(target, KEY, newId)).toEqual(one);
    await refusedAs(() => ensureTargetInfo(target, OTHER_KEY, newId), 'archive.damaged');
  });
});

describe('verifyBackup', () => {
  it('reads a good backup through and tells how far it is', async () => {
    const { target, manifest, run } = await oneBackup();
    await writeManifest(target, manifest, KEY);
    let read = 0;
    const done = await verifyBackup({
      target,
      ids: idsOf(1),
      key: KEY,
      keys: noKeys,
      onProgress: (bytes) => {
        read += bytes;
      },
    });
    expect(done).toEqual(manifest);
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(run.stored_bytes);
    const abort = AbortSignal.abort(new Error('stop'));
    await expect(verifyBackup({ target, ids: idsOf(1), key: KEY, keys: noKeys, signal: abort })).rejects.toThrow(
      'stop',
    );
  });

  it('refuses a run of another attempt in its place, though it looks the same from outside', async () => {
    const target = new MemoryTarget();
    await ensureTargetInfo(target, KEY, () => id('e', 1));
    const one = await store(target, 1, 1, null, 1000, [data(0, 'hello')]);
    const other = await store(target, 1, 1, null, 1000, [data(0, 'world')], {
      object: runObject(place(1), backupId(1), 2),
    });
    expect(other.stored_bytes).toBe(one.stored_bytes);
    await writeManifest(target, manifestOf(1, [diskEntry(1, 1, [one])]), KEY);
    target.objects.set(one.object, target.objects.get(other.object)!);
    const verified = await refusal(() => verifyBackup({ target, ids: idsOf(1), key: KEY, keys: noKeys }));
    expect(verified.message).toMatch(/not the run that was written/);
  });

  it('refuses runs that are authentic but of another disk, backup, size or chain', async () => {
    const { target, run } = await oneBackup();
    const grown = await store(target, 1, 2, 1, 2000, [data(1500, 'x')]);
    const later = await store(target, 1, 3, 2, 2000, []);
    const bad = [
      diskEntry(1, 2, [run]),
      diskEntry(1, 2, [grown]),
      diskEntry(1, 3, [later, run]),
      { ...diskEntry(1, 2, [grown, run]), size_bytes: 1000 },
      {
        ...diskEntry(1, 2, [grown, run]),
        runs: [{ ...diskEntry(1, 2, [grown]).runs[0]!, footer_sha256: run.footer_sha256 }],
      },
    ];
    for (const [n, disk] of bad.entries()) {
      const backup = 100 + n;
      await writeManifest(target, manifestOf(backup, [disk]), KEY);
      await refusedAs(() => verifyBackup({ target, ids: idsOf(backup), key: KEY, keys: noKeys }), 'archive.damaged');
    }
    await writeManifest(target, manifestOf(2, [diskEntry(1, 2, [grown, run])]), KEY);
    await verifyBackup({ target, ids: idsOf(2), key: KEY, keys: noKeys });
    target.objects.delete(run.object);
    await refusedAs(() => verifyBackup({ target, ids: idsOf(2), key: KEY, keys: noKeys }), 'archive.missing');
  });
});
