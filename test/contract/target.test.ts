import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { DirectoryTarget } from '../../src/adapters/target/directory/directory-target.ts';
import { hasCode } from '../../src/domain/errors.ts';
import type { Target } from '../../src/ports/target.ts';
import { MemoryTarget } from '../unit/archive/support/memory-target.ts';
import { type LabBucket, labBucket } from '../world/lab/s3.ts';

const MIB = 1024 * 1024;
const roots: string[] = [];
const buckets: LabBucket[] = [];
const inBucket = (name: string) => async () => {
  const bucket = labBucket(name);
  buckets.push(bucket);
  // The smallest parts that S3 takes, and pages so short that there are several.
  return bucket.target({ partBytes: 5 * MIB, pageEntries: 2 });
};
const makers: Record<string, () => Promise<Target>> = {
  memory: async () => new MemoryTarget(),
  directory: async () => {
    const root = await mkdtemp(join(tmpdir(), 'rewind-target-'));
    roots.push(root);
    return new DirectoryTarget('disk', root);
  },
  // Real ones: the lab's RADOS gateway, and a bucket of it whose data lie in another pool of Ceph.
  ...(process.env.REWIND_LAB ? { s3: inBucket('rewind'), 'another pool of Ceph': inBucket('rewind-second') } : {}),
};
afterAll(async () => {
  for (const bucket of buckets) await bucket.empty();
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

  it('stores what is larger than one request, in whole or not at all', async () => {
    const target = await ready();
    const content = randomBytes(12 * MIB + 3);
    async function* reusing() {
      const chunk = Buffer.alloc(700_001);
      for (let at = 0; at < content.length; at += chunk.length) {
        const copied = content.copy(chunk, 0, at);
        yield chunk.subarray(0, copied);
        // The port allows the writer of the data to use its memory again.
        chunk.fill(0);
      }
    }
    expect(await target.put('big/one', reusing())).toBe(content.length);
    expect(await target.size('big/one')).toBe(content.length);
    const at = 5 * MIB - 10;
    expect(text(await target.read('big/one', at, 20))).toBe(text(content.subarray(at, at + 20)));
    expect(content.equals(await target.read('big/one', 0, content.length))).toBe(true);
    expect(hasCode(await refusal(target.read('big/one', content.length - 5, 6)), 'target.truncated')).toBe(true);
    expect(hasCode(await refusal(target.put('big/one', reusing())), 'target.exists')).toBe(true);
    async function* broken() {
      yield content;
      throw new Error('source broke');
    }
    await expect(target.put('big/two', broken())).rejects.toThrow('source broke');
    const abort = new AbortController();
    async function* aborted() {
      yield content;
      abort.abort(new Error('stop'));
      yield content;
    }
    await expect(target.put('big/three', aborted(), abort.signal)).rejects.toThrow('stop');
    expect(await Array.fromAsync(target.list('big/'))).toEqual(['big/one']);
    expect(await target.sweepTemporary(-1000)).toBe(0);
    const both = await Promise.allSettled([target.put('big/two', reusing()), target.put('big/two', reusing())]);
    expect(both.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    expect(content.equals(await target.read('big/two', 0, content.length))).toBe(true);
  });

  it('writes nothing and calls nothing absent before it is marked', async () => {
    const target = await make();
    if (target instanceof MemoryTarget) return; // It is always there.
    for (const act of [
      () => target.put('a/b', chunks('x')),
      () => target.size('a/b'),
      () => target.read('a/b', 0, 1),
      () => target.remove('a/b'),
      () => target.probe(),
      () => target.space(),
      () => target.sweepTemporary(0),
      () => Array.fromAsync(target.list('')),
    ])
      expect(hasCode(await refusal(act()), 'target.unavailable')).toBe(true);
    expect(await target.size('rewind-target.json')).toBeUndefined();
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
    const space = await target.space();
    if (space) expect(space.free).toBeLessThanOrEqual(space.total);
    expect(await target.sweepTemporary(0)).toBe(0);
    expect(await Array.fromAsync(target.list(''))).toEqual(['rewind-target.json']);
  });
});
