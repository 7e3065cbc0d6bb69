import * as nodeFiles from 'node:fs/promises';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DirectoryTarget } from '../../../src/adapters/target/directory/directory-target.ts';
import { targetsOf } from '../../../src/adapters/target/targets.ts';
import { hasCode, type RewindError } from '../../../src/domain/errors.ts';

let root: string;
let target: DirectoryTarget;
async function* chunks(...parts: string[]) {
  for (const part of parts) yield Buffer.from(part);
}
const refusal = (act: Promise<unknown>) =>
  act.then(
    () => undefined,
    (error) => error,
  );

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rewind-target-'));
  target = new DirectoryTarget('disk', root);
});
afterEach(() => rm(root, { recursive: true }));

describe('a directory as a target', () => {
  it('writes nothing and calls nothing absent before it is marked: it may not be mounted', async () => {
    for (const act of [
      () => target.put('a/b', chunks('x')),
      () => target.size('a/b'),
      () => target.read('a/b', 0, 1),
      () => target.remove('a/b'),
      () => target.probe(),
      () => target.space(),
      () => target.sweepTemporary(0),
      () => Array.fromAsync(target.list('')),
    ]) {
      const error = await refusal(act());
      expect(hasCode(error, 'target.unavailable')).toBe(true);
      expect(error.fault).toBe('errored');
    }
    expect(await target.size('rewind-target.json')).toBeUndefined();
    expect(await readdir(root)).toEqual([]);
  });

  it('never makes its root', async () => {
    const nowhere = new DirectoryTarget('disk', join(root, 'not-mounted'));
    expect(hasCode(await refusal(nowhere.put('rewind-target.json', chunks('m'))), 'target.unavailable')).toBe(true);
    expect(hasCode(await refusal(nowhere.size('rewind-target.json')), 'target.unavailable')).toBe(true);
    expect(await readdir(root)).toEqual([]);
  });

  it('writes an object to the disk before it has its name, and the name before it says so', async () => {
    const done: string[] = [];
    const nameOf = (path: unknown) =>
      String(path)
        .slice(root.length)
        .replace(/^\/\.tmp\/.+/, 'temporary') || '/';
    const open: typeof nodeFiles.open = async (path, flags, mode) => {
      const file = await nodeFiles.open(path, flags, mode);
      const sync = file.sync.bind(file);
      file.sync = async () => {
        await sync();
        done.push(`synced ${nameOf(path)}`);
      };
      return file;
    };
    const link: typeof nodeFiles.link = async (from, to) => {
      await nodeFiles.link(from, to);
      done.push(`${nameOf(to)} is ${nameOf(from)}`);
    };
    await target.put('rewind-target.json', chunks('m'));
    await new DirectoryTarget('disk', root, { ...nodeFiles, open, link }).put('a/b', chunks('x'));
    expect(done).toEqual(['synced temporary', '/a/b is temporary', 'synced /a', 'synced /']);
  });

  it('keeps files to the owner and the group', async () => {
    await target.put('rewind-target.json', chunks('m'));
    await target.put('a/b', chunks('x'));
    expect((await stat(join(root, 'a/b'))).mode & 0o777).toBe(0o640 & ~process.umask());
    expect((await stat(join(root, 'a'))).mode & 0o777).toBe(0o750 & ~process.umask());
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  it('takes no name but of its grammar', async () => {
    for (const name of [
      '',
      '/',
      '/etc/passwd',
      '../x',
      'a/../b',
      'a//b',
      'a/',
      '.tmp/x',
      'A',
      'a b',
      'a\0b',
      'a\nb',
      `${'x/'.repeat(16)}x`,
      '-x',
      'ä',
    ]) {
      expect(hasCode(await refusal(target.put(name, chunks('x'))), 'internal.bad-name')).toBe(true);
      expect(hasCode(await refusal(target.read(name, 0, 1)), 'internal.bad-name')).toBe(true);
    }
    expect(hasCode(await refusal(Array.fromAsync(target.list('projects'))), 'internal.bad-name')).toBe(true);
  });

  it('follows no link in place of an object and lists none', async () => {
    await target.put('rewind-target.json', chunks('m'));
    await writeFile(join(root, '..', 'outside-rewind-test'), 'secret');
    await mkdir(join(root, 'a'));
    await symlink(join(root, '..', 'outside-rewind-test'), join(root, 'a', 'link'));
    expect(await refusal(target.read('a/link', 0, 3))).toBeInstanceOf(Error);
    expect(await refusal(target.size('a/link'))).toBeInstanceOf(Error);
    expect(hasCode(await refusal(target.put('a/link', chunks('x'))), 'target.exists')).toBe(true);
    expect(await Array.fromAsync(target.list('a/'))).toEqual([]);
    await rm(join(root, '..', 'outside-rewind-test'));
  });

  it('sweeps what killed writers left, once it is old', async () => {
    await target.put('rewind-target.json', chunks('m'));
    const old = join(root, '.tmp', 'left-by-a-killed-writer');
    await writeFile(old, 'half a run');
    await utimes(old, new Date(Date.now() - 7200_000), new Date(Date.now() - 7200_000));
    await writeFile(join(root, '.tmp', 'still-being-written'), 'half a run');
    expect(await target.sweepTemporary(3600_000)).toBe(1);
    expect(await readdir(join(root, '.tmp'))).toEqual(['still-being-written']);
    expect(await Array.fromAsync(target.list(''))).toEqual(['rewind-target.json']);
  });

  it('joins small chunks and writes large ones', async () => {
    await target.put('rewind-target.json', chunks('m'));
    async function* many() {
      for (let n = 0; n < 3000; n += 1) yield Buffer.alloc(n % 1500, n);
    }
    const written = await target.put('a/many', many());
    const expected = Buffer.concat(await Array.fromAsync(many()));
    expect(written).toBe(expected.length);
    expect(Buffer.from(await target.read('a/many', 0, written)).equals(expected)).toBe(true);
  });

  it.each(['EPERM', 'EOPNOTSUPP', 'ENOSYS', 'EIO'])(
    'says of a file server without hard links (%s) what it lacks',
    async (code) => {
      const link = () => Promise.reject(Object.assign(new Error('no links'), { code }));
      const without = new DirectoryTarget('disk', root, { ...nodeFiles, link });
      const error = await refusal(without.put('rewind-target.json', chunks('m')));
      expect([hasCode(error, 'target.no-hard-links'), (error as RewindError).retry]).toEqual([true, false]);
      expect(await readdir(join(root, '.tmp'))).toEqual([]);
    },
  );

  it('takes one link that meets EIO for trouble that may pass', async () => {
    let times = 0;
    const link = (from: string, to: string) =>
      times++ === 0 ? Promise.reject(Object.assign(new Error('a cable'), { code: 'EIO' })) : nodeFiles.link(from, to);
    const shaky = new DirectoryTarget('disk', root, { ...nodeFiles, link: link as typeof nodeFiles.link });
    expect(hasCode(await refusal(shaky.put('rewind-target.json', chunks('m'))), 'target.unavailable')).toBe(true);
  });

  it('says when it may not write', async () => {
    if (process.getuid?.() === 0) return; // Root may write everywhere.
    await target.put('rewind-target.json', chunks('m'));
    await chmod(root, 0o500);
    expect(hasCode(await refusal(target.put('a/b', chunks('x'))), 'target.not-writable')).toBe(true);
    await chmod(root, 0o700);
  });
});

describe('targetsOf', () => {
  it('finds targets by name', () => {
    const targets = targetsOf([target], 'disk');
    expect(targets.get('disk')).toBe(target);
    expect(targets.names).toEqual(['disk']);
    expect(() => targets.get('other')).toThrow(/not configured/);
    expect(() => targetsOf([target], 'other')).toThrow(/not configured/);
  });
});
