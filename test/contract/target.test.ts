import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { DirectoryTarget } from '../../src/adapters/target/directory.ts';
import { hasCode } from '../../src/domain/errors.ts';
import type { Target } from '../../src/ports/target.ts';
import { MemoryTarget } from '../unit/archive/support/memory-target.ts';

const roots: string[] = [];
const makers: Record<string, () => Promise<Target>> = {
  memory: async () => new MemoryTarget(),
  directory: async () => {
    const root = await mkdtemp(join(tmpdir(), 'rewind-target-'));
    roots.push(root);
    return new DirectoryTarget('disk', root);
  },
};
afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true });
});

async function* chunks(...parts: string[]) {
  for (const part of parts) yield Buffer.from(part);
}
const refusal = (act: Promise<unknown>) =>
  act.then(
    () => undefined,
    (error) => error,
  );
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** What every target must do; each call is made twice where the port says that it may be. */
describe.each(Object.entries(makers))('a target: %s', (_name, make) => {
  const ready = async () => {
    const target = await make();
    await target.put('rewind-target.json', chunks('mark'));
    return target;
  };

  it('stores, measures, reads in part and removes', async () => {
    const target = await ready();
    expect(await target.put('projects/a/one', chunks('hello ', '', 'world'))).toBe(11);
    expect(await target.size('projects/a/one')).toBe(11);
    expect(text(await target.read('projects/a/one', 0, 11))).toBe('hello world');
    expect(text(await target.read('projects/a/one', 6, 3))).toBe('wor');
    expect(text(await target.read('projects/a/one', 11, 0))).toBe('');
    for (const _ of [1, 2]) {
      await target.remove('projects/a/one');
      expect(await target.size('projects/a/one')).toBeUndefined();
    }
    expect(await target.put('projects/a/empty', chunks())).toBe(0);
    expect(await target.size('projects/a/empty')).toBe(0);
  });

  it('says what is missing or too short', async () => {
    const target = await ready();
    await target.put('short', chunks('12345'));
    expect(hasCode(await refusal(target.read('absent', 0, 1)), 'target.not-found')).toBe(true);
    expect(hasCode(await refusal(target.read('short', 3, 3)), 'target.truncated')).toBe(true);
    expect(hasCode(await refusal(target.read('short', 9, 1)), 'target.truncated')).toBe(true);
    expect(await target.size('absent/deeper')).toBeUndefined();
  });

  it('never replaces an object, also when two write it at once', async () => {
    const target = await ready();
    const both = await Promise.allSettled([target.put('x/y', chunks('one')), target.put('x/y', chunks('two'))]);
    const refused = both.filter((one) => one.status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(hasCode(refused[0]!.reason, 'target.exists')).toBe(true);
    const winner = both[0]!.status === 'fulfilled' ? 'one' : 'two';
    expect(hasCode(await refusal(target.put('x/y', chunks('three'))), 'target.exists')).toBe(true);
    expect(text(await target.read('x/y', 0, 3))).toBe(winner);
  });

  it('leaves nothing when the data fails or the signal aborts, and says why', async () => {
    const target = await ready();
    async function* broken() {
      yield Buffer.from('some');
      throw Object.assign(new Error('source broke'), { code: 'ENOSPC' });
    }
    await expect(target.put('a/b', broken())).rejects.toThrow('source broke');
    const abort = new AbortController();
    async function* endless() {
      for (let n = 0; ; n += 1) {
        if (n === 3) abort.abort(new Error('stop'));
        yield Buffer.alloc(100_000);
      }
    }
    await expect(target.put('a/c', endless(), abort.signal)).rejects.toThrow('stop');
    expect(await Array.fromAsync(target.list('a/'))).toEqual([]);
    await target.put('a/b', chunks('again'));
  });

  it('closes the data when it cannot write it', async () => {
    const target = await ready();
    await target.put('taken', chunks('x'));
    await expect(target.put('taken', chunks('y'))).rejects.toThrow();
  });

  it('lists by prefix, in order of the whole name', async () => {
    const target = await ready();
    for (const name of ['p/b/2', 'p/a.b/1', 'p/a/1', 'p/a-b/1', 'p/ab', 'q/z', 'p/b/10'])
      await target.put(name, chunks('x'));
    expect(await Array.fromAsync(target.list('p/'))).toEqual([
      'p/a-b/1',
      'p/a.b/1',
      'p/a/1',
      'p/ab',
      'p/b/10',
      'p/b/2',
    ]);
    expect(await Array.fromAsync(target.list('p/b/'))).toEqual(['p/b/10', 'p/b/2']);
    expect(await Array.fromAsync(target.list('none/'))).toEqual([]);
  });

  it('can be probed and swept', async () => {
    const target = await ready();
    await target.probe();
    expect(await target.sweepTemporary(0)).toBe(0);
    expect(await Array.fromAsync(target.list(''))).toEqual(['rewind-target.json']);
  });
});
