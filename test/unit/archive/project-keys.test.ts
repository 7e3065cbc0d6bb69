import { beforeEach, describe, expect, it } from '@jest/globals';
import { keyObject, keysPrefix, parseKeyObject } from '../../../src/archive/format/layout.ts';
import { eraseKeys } from '../../../src/archive/keys/erase-keys.ts';
import { openKeyObject } from '../../../src/archive/keys/key-object.ts';
import { keysOfProject } from '../../../src/archive/keys/keys-of-project.ts';
import { projectsWithKeys, rewrapKeys } from '../../../src/archive/keys/rewrap-keys.ts';
import { verifyRun } from '../../../src/archive/runs/verify-run.ts';
import { type ErrorCode, hasCode } from '../../../src/domain/errors.ts';
import type { KeyRing } from '../../../src/ports/keys.ts';
import { KEY, PROJECT, refOf, store } from './support/backups.ts';
import { memoryErasures, ringOf, rootFile, rootLine, StoppedClock } from './support/key-rings.ts';
import { MemoryTarget } from './support/memory-target.ts';
import { data } from './support/streams.ts';

const AT = '2026-01-01T00:00:00.000Z';
const OTHER = 'fedcba9876543210fedcba9876543210';
let target: MemoryTarget;
let root: ReturnType<typeof rootFile>;
let clock: StoppedClock;
let ring: KeyRing;

beforeEach(() => {
  target = new MemoryTarget();
  root = rootFile(rootLine('old', 1));
  clock = new StoppedClock();
  ring = ringOf(root.keys, true, clock);
});

const names = async () => Array.fromAsync(target.list(keysPrefix(PROJECT)));
const holders = () => ({ rootKeys: root.keys, manifestKey: KEY });
const fails = async (act: () => Promise<unknown>, code: ErrorCode) => {
  const error = await act().catch((one) => one);
  expect(hasCode(error, code) ? code : error).toBe(code);
  return error as Error;
};
const raw = (key: { key: { export(): Buffer } } | null) => key!.key.export().toString('hex');

describe('keys of projects', () => {
  it('are made once for each project and target, and found again by others', async () => {
    const key = await ring.current(target, PROJECT);
    expect((await ring.current(target, PROJECT))?.id).toBe(key?.id);
    const again = ringOf(root.keys);
    expect(raw(await again.current(target, PROJECT))).toBe(raw(key));
    expect(raw(await again.find(target, PROJECT, key!.id))).toBe(raw(key));
    expect(raw(await again.current(target, OTHER))).not.toBe(raw(key));
    expect(await names()).toHaveLength(1);
    for (const stored of target.objects.values()) expect(Buffer.from(stored).includes(raw(key))).toBe(false);
  });

  it('are not made where nothing is to be encrypted, and are found all the same', async () => {
    const key = await ring.current(target, PROJECT);
    const off = ringOf(root.keys, false);
    expect(await off.current(target, PROJECT)).toBeNull();
    expect(raw(await off.find(target, PROJECT, key!.id))).toBe(raw(key));
    await fails(() => ringOf(null, false).find(target, PROJECT, key!.id), 'config.encryption-key');
    await fails(() => ringOf(null, true).current(new MemoryTarget(), PROJECT), 'config.encryption-key');
  });

  it('are agreed on by workers that began at the same time', async () => {
    const rings = [ringOf(root.keys), ringOf(root.keys), ringOf(root.keys)];
    const made = await Promise.all(rings.map((one) => one.current(target, PROJECT)));
    const later = await Promise.all([...rings.map(() => ringOf(root.keys))].map((one) => one.current(target, PROJECT)));
    expect(new Set(later.map((key) => key?.id)).size).toBe(1);
    for (const key of made) expect(raw(await ringOf(root.keys).find(target, PROJECT, key!.id))).toBe(raw(key));
  });

  it('do not serve another project, nor under another id', async () => {
    const key = await ring.current(target, PROJECT);
    const [object] = await names();
    const bytes = target.objects.get(object!)!;
    const there = { projectId: OTHER, keyId: key!.id, generation: 1 };
    target.objects.set(keyObject(there), bytes);
    await fails(() => ring.find(target, OTHER, key!.id), 'archive.damaged');
    const elsewhere = { projectId: PROJECT, keyId: '4e000000-0000-4000-8000-000000000009', generation: 1 };
    target.objects.set(keyObject(elsewhere), bytes);
    await fails(() => ringOf(root.keys).find(target, PROJECT, elsewhere.keyId), 'archive.damaged');
  });

  it('say so when they are lost, damaged, or when the root key is another or gone', async () => {
    const key = await ring.current(target, PROJECT);
    const [object] = await names();
    const bytes = target.objects.get(object!)!;
    const find = () => ringOf(root.keys).find(target, PROJECT, key!.id);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const spoiled = bytes.slice();
      spoiled[bit >> 3]! ^= 1 << (bit & 7);
      target.objects.set(object!, spoiled);
      await fails(find, 'archive.damaged');
    }
    target.objects.delete(object!);
    expect((await fails(find, 'archive.key-missing')).message).toMatch(/not on the target/);
    target.objects.set(object!, bytes);
    root.write(rootLine('new', 2));
    expect((await fails(find, 'keys.root-missing')).message).toMatch(/root key old/);
    root.write(rootLine('old', 2));
    await fails(find, 'keys.unwrap-failed');
    root.write(rootLine('old', 1), rootLine('new', 2));
    expect(raw(await find())).toBe(raw(key));
  });
});

describe('rotation of the root key', () => {
  it('wraps keys anew and leaves the data alone; the old root key is not needed any more', async () => {
    const key = await ring.current(target, PROJECT);
    const run = await store(target, 1, 1, null, 4096, [data(0, 'x')], { key });
    const before = Buffer.from(target.objects.get(run.object)!);
    root.write(rootLine('old', 1), rootLine('new', 2));
    expect(await projectsWithKeys(target)).toEqual([PROJECT]);
    expect(await rewrapKeys(target, PROJECT, holders())).toBe(1);
    expect(await rewrapKeys(target, PROJECT, holders())).toBe(0);
    root.write(rootLine('new', 2));
    await verifyRun(target, refOf(run), ringOf(root.keys));
    expect(before.equals(target.objects.get(run.object)!)).toBe(true);
    expect((await names()).map((name) => parseKeyObject(name)?.generation)).toEqual([2]);
    // Whoever had the key in memory goes on, and has forgotten nothing.
    await verifyRun(target, refOf(run), ring);
  });

  it('may be killed before or after any of its writes and removals', async () => {
    let kills = 0;
    for (let survive = 0; ; survive += 1) {
      const victim = new MemoryTarget();
      root.write(rootLine('old', 1));
      const key = await ringOf(root.keys).current(victim, PROJECT);
      root.write(rootLine('old', 1), rootLine('new', 2));
      let acts = 0;
      const die = () => {
        if (acts++ >= survive) throw new Error('killed');
      };
      const put = victim.put.bind(victim);
      const remove = victim.remove.bind(victim);
      victim.put = (...args) =>
        Promise.resolve()
          .then(die)
          .then(() => put(...args));
      victim.remove = (name) =>
        Promise.resolve()
          .then(die)
          .then(() => remove(name));
      const whole = await rewrapKeys(victim, PROJECT, holders()).then(
        () => true,
        () => false,
      );
      Object.assign(victim, { put, remove });
      expect(raw(await ringOf(root.keys).find(victim, PROJECT, key!.id))).toBe(raw(key));
      await rewrapKeys(victim, PROJECT, holders());
      expect(victim.objects.size).toBe(1);
      root.write(rootLine('new', 2));
      expect(raw(await ringOf(root.keys).find(victim, PROJECT, key!.id))).toBe(raw(key));
      if (whole) break;
      kills += 1;
    }
    expect(kills).toBe(2);
  });

  it('keeps the old wrapping when the new one cannot be undone', async () => {
    const key = await ring.current(target, PROJECT);
    root.write(rootLine('old', 1), rootLine('new', 2));
    const read = target.read.bind(target);
    target.read = async (name, offset, length) => {
      const bytes = await read(name, offset, length);
      if (name.endsWith('.2.json')) bytes[0]! ^= 1;
      return bytes;
    };
    await fails(() => rewrapKeys(target, PROJECT, holders()), 'archive.damaged');
    expect(await names()).toHaveLength(2);
    expect(raw(await ringOf(root.keys).find(target, PROJECT, key!.id))).toBe(raw(key));
  });

  it('removes nothing when the old root key is gone', async () => {
    await ring.current(target, PROJECT);
    root.write(rootLine('new', 2));
    await fails(() => rewrapKeys(target, PROJECT, holders()), 'keys.root-missing');
    expect(await names()).toHaveLength(1);
  });
});

describe('erasing the keys of a project', () => {
  it('makes its encrypted runs unreadable, for processes that had the key too, and says why', async () => {
    const key = await ring.current(target, PROJECT);
    const mine = await store(target, 1, 1, null, 4096, [data(0, 'x')], { key });
    const theirs = await ring.current(target, OTHER);
    const copy = new Map(target.objects);
    expect(await eraseKeys(target, PROJECT, KEY, AT)).toEqual([key!.id]);
    await fails(() => verifyRun(target, refOf(mine), ring), 'archive.key-erased');
    await fails(() => ringOf(root.keys).find(target, PROJECT, key!.id), 'archive.key-erased');
    expect(raw(await ringOf(root.keys).find(target, OTHER, theirs!.id))).toBe(raw(theirs));
    // A copy of the old wrapping that turns up again changes nothing, and goes with the next erasure.
    for (const [name, bytes] of copy) target.objects.set(name, bytes);
    await fails(() => ringOf(root.keys).find(target, PROJECT, key!.id), 'archive.key-erased');
    expect(await eraseKeys(target, PROJECT, KEY, AT)).toEqual([]);
    expect((await names()).filter((name) => parseKeyObject(name))).toEqual([]);
  });

  it('leaves the project able to make backups, under a new key', async () => {
    const key = await ring.current(target, PROJECT);
    await eraseKeys(target, PROJECT, KEY, AT);
    const next = await ringOf(root.keys).current(target, PROJECT);
    expect(next!.id).not.toBe(key!.id);
    await eraseKeys(target, PROJECT, KEY, AT);
    for (const id of [key!.id, next!.id])
      await fails(() => ringOf(root.keys).find(target, PROJECT, id), 'archive.key-erased');
  });

  it('needs no root key, and goes on after being killed', async () => {
    const key = await ring.current(target, PROJECT);
    root.write(rootLine('another', 7));
    const remove = target.remove.bind(target);
    target.remove = async () => {
      throw new Error('killed');
    };
    await expect(eraseKeys(target, PROJECT, KEY, AT)).rejects.toThrow('killed');
    await fails(() => ringOf(root.keys).find(target, PROJECT, key!.id), 'archive.key-erased');
    target.remove = remove;
    await eraseKeys(target, PROJECT, KEY, AT);
    expect((await names()).filter((name) => parseKeyObject(name))).toEqual([]);
  });

  it('cannot be forged by whoever writes to the target', async () => {
    const key = await ring.current(target, PROJECT);
    const forger = new MemoryTarget();
    const [object] = await names();
    forger.objects.set(object!, target.objects.get(object!)!);
    await eraseKeys(forger, PROJECT, new Uint8Array(32).fill(1), AT);
    for (const [name, bytes] of forger.objects) target.objects.set(name, bytes);
    await fails(() => ringOf(root.keys).find(target, PROJECT, key!.id), 'archive.damaged');
    target.objects.delete(`${keysPrefix(PROJECT)}erased.1.json`);
    expect(await openKeyObject(target, parseKeyObject(object!)!, holders())).toBeDefined();
  });
});

describe('an erasure that the database remembers', () => {
  const all = async () => new Map([...target.objects]);
  const putBack = (objects: ReadonlyMap<string, Uint8Array>) => {
    for (const name of target.objects.keys()) if (!objects.has(name)) target.objects.delete(name);
    for (const [name, bytes] of objects) target.objects.set(name, bytes as never);
  };

  it('is not undone by who puts the key back on the target and takes its memory of it away', async () => {
    const erasures = memoryErasures();
    const key = await ring.current(target, PROJECT);
    const before = await all();
    expect(await eraseKeys(target, PROJECT, KEY, AT, erasures)).toEqual([key?.id]);
    putBack(before);
    const one = ringOf(root.keys, true, new StoppedClock(), erasures);
    await fails(() => one.find(target, PROJECT, key!.id), 'archive.key-erased');
    // New data gets another key.
    expect((await one.current(target, PROJECT))?.id).not.toBe(key?.id);
    // On another target, too, and to whoever erases again it has to go.
    const copy = new MemoryTarget();
    for (const [name, bytes] of before) copy.objects.set(name, bytes as never);
    const other = ringOf(root.keys, true, new StoppedClock(), erasures);
    await fails(() => other.find(copy, PROJECT, key!.id), 'archive.key-erased');
    expect(await rewrapKeys(copy, PROJECT, holders(), erasures.ids)).toBe(0);
    await eraseKeys(copy, PROJECT, KEY, AT, erasures);
    expect([...copy.objects.keys()].filter((name) => parseKeyObject(name))).toEqual([]);
  });

  it('of an earlier release is learnt from the target', async () => {
    const erasures = memoryErasures();
    const key = await ring.current(target, PROJECT);
    const before = await all();
    await eraseKeys(target, PROJECT, KEY, AT);
    await fails(
      () => ringOf(root.keys, true, new StoppedClock(), erasures).find(target, PROJECT, key!.id),
      'archive.key-erased',
    );
    putBack(before);
    await fails(
      () => ringOf(root.keys, true, new StoppedClock(), erasures).find(target, PROJECT, key!.id),
      'archive.key-erased',
    );
  });

  it.each(['could not be written on the target', 'was taken away there, and the key put back'])(
    'and that %s is written there by whoever erases again, before the key goes',
    async (how) => {
      const erasures = memoryErasures();
      const key = await ring.current(target, PROJECT);
      const before = await all();
      const put = target.put.bind(target);
      if (how.startsWith('could')) target.put = () => Promise.reject(new Error('killed'));
      await eraseKeys(target, PROJECT, KEY, AT, erasures).catch((error) => expect(error.message).toBe('killed'));
      target.put = put;
      putBack(before);
      expect(erasures.ids).toEqual(new Set([key!.id]));
      expect(await eraseKeys(target, PROJECT, KEY, AT, erasures)).toEqual([key!.id]);
      // Gateways and a rescue have only the target: a copy of the key that turns up now serves nobody.
      for (const [name, bytes] of before) target.objects.set(name, bytes as never);
      await fails(() => ringOf(root.keys).find(target, PROJECT, key!.id), 'archive.key-erased');
      expect(await eraseKeys(target, PROJECT, KEY, AT, erasures)).toEqual([]);
    },
  );

  it('is not one of targets where the key never was', async () => {
    const erasures = memoryErasures();
    const key = await ring.current(target, PROJECT);
    await eraseKeys(target, PROJECT, KEY, AT, erasures);
    const other = new MemoryTarget();
    const next = await ringOf(root.keys, true, new StoppedClock(), erasures).current(other, PROJECT);
    await eraseKeys(other, PROJECT, KEY, AT, erasures);
    const said = (one: MemoryTarget) => keysOfProject(one, PROJECT, KEY, erasures.ids);
    expect((await said(target)).erasedHere).toEqual(new Set([key!.id]));
    expect((await said(other)).erasedHere).toEqual(new Set([next!.id]));
    expect((await said(other)).erased).toEqual(new Set([key!.id, next!.id]));
  });

  it('is remembered first: without the database nothing is erased', async () => {
    const key = await ring.current(target, PROJECT);
    const away = { ...memoryErasures(), remember: async () => Promise.reject(new Error('away')) };
    await expect(eraseKeys(target, PROJECT, KEY, AT, away)).rejects.toThrow('away');
    expect(raw(await ringOf(root.keys).find(target, PROJECT, key!.id))).toBe(raw(key));
  });
});
