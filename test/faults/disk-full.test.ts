import { execFileSync } from 'node:child_process';
import * as files from 'node:fs/promises';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DirectoryTarget } from '../../src/adapters/target/directory/directory-target.ts';
import type { Files } from '../../src/adapters/target/directory/files.ts';
import { noKeys } from '../../src/archive/keys/no-keys.ts';
import { verifyRun } from '../../src/archive/runs/verify-run.ts';
import { generalCode, hasCode, RewindError } from '../../src/domain/errors.ts';
import { refOf, store } from '../unit/archive/support/backups.ts';
import { data } from '../unit/archive/support/streams.ts';
import { sampledCalls } from '../world/sampling.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rewind-target-'));
});
afterEach(() => rm(root, { recursive: true }));
async function* mark() {
  yield Buffer.from('mark');
}

const noise = (length: number, salt: number): Buffer => {
  const bytes = Buffer.alloc(length);
  for (let at = 0, x = salt; at < length; at += 1) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    bytes[at] = x >>> 16;
  }
  return bytes;
};
const pieces = [noise(2_000_000, 1), noise(3_000_000, 2), noise(1_000_000, 3)] as const;
const records = () => [data(0, pieces[0]), data(4_000_000, pieces[1]), data(9_000_000, pieces[2])];

/** node:fs/promises, of which the n-th call that changes something fails. */
function failing(errno: string, nth: number): { files: Files; calls: string[]; fired: () => boolean } {
  const calls: string[] = [];
  const maybe = async <T>(call: string, act: () => Promise<T>): Promise<T> => {
    calls.push(call);
    if (calls.length === nth) throw Object.assign(new Error(`${errno}: ${call}`), { code: errno });
    return act();
  };
  const open = async (...args: Parameters<typeof files.open>) => {
    const file = await maybe('open', () => files.open(...args));
    return new Proxy(file, {
      get(handle, property) {
        const method = Reflect.get(handle, property);
        if (typeof method !== 'function') return method;
        const bound = method.bind(handle);
        if (property === 'close') return bound;
        return (...given: unknown[]) => maybe(String(property), () => bound(...given));
      },
    });
  };
  const failingFiles: Files = {
    lstat: files.lstat,
    opendir: files.opendir,
    readdir: files.readdir,
    statfs: files.statfs,
    unlink: files.unlink,
    open: open as Files['open'],
    link: (from, to) => maybe('link', () => files.link(from, to)),
    mkdir: ((path: string, mode: number) => maybe('mkdir', () => files.mkdir(path, mode))) as Files['mkdir'],
  };
  return { files: failingFiles, calls, fired: () => calls.length >= nth };
}

const CODES: Record<string, string> = {
  ENOSPC: 'target.full',
  EDQUOT: 'target.full',
  EIO: 'target.unavailable',
  ESTALE: 'target.unavailable',
  EROFS: 'target.not-writable',
  EACCES: 'target.not-writable',
};

describe('storing a run on a failing file system', () => {
  it.each(Object.entries(CODES))(
    'leaves nothing, whichever call meets %s',
    async (errno, code) => {
      await new DirectoryTarget('disk', root).put('rewind-target.json', mark());
      const attempt = async (nth: number) => {
        const faulty = failing(errno, nth);
        const target = new DirectoryTarget('disk', root, faulty.files);
        const stored = await store(target, 1, nth, null, 12_000_000, records()).catch((error) => error);
        return { stored, faulty };
      };
      const undisturbed = await attempt(0);
      await verifyRun(new DirectoryTarget('disk', root), refOf(undisturbed.stored), noKeys);
      await new DirectoryTarget('disk', root).remove(undisturbed.stored.object);
      expect(undisturbed.faulty.calls.length).toBeGreaterThan(10);
      for (const nth of sampledCalls(undisturbed.faulty.calls.length, 4)) {
        const { stored, faulty } = await attempt(nth);
        expect(faulty.fired()).toBe(true);
        expect(stored).toBeInstanceOf(RewindError);
        expect({ nth, code: generalCode(stored.code) }).toEqual({ nth, code: `vm-backup.${code}` });
        expect(await Array.fromAsync(new DirectoryTarget('disk', root).list('projects/'))).toEqual([]);
        expect(await readdir(join(root, '.tmp'))).toEqual([]);
      }
    },
    120_000,
  );

  it('is not reported before the data and all names survive a power cut', async () => {
    await new DirectoryTarget('disk', root).put('rewind-target.json', mark());
    const watched = failing('none', 0);
    await store(new DirectoryTarget('disk', root, watched.files), 1, 1, null, 12_000_000, records());
    const { calls } = watched;
    const named = calls.indexOf('link');
    expect(calls.lastIndexOf('write', named)).toBeLessThan(calls.lastIndexOf('sync', named));
    expect(calls.lastIndexOf('write')).toBeLessThan(named);
    expect(calls.lastIndexOf('mkdir')).toBeLessThan(named);
    // runs, disk, disks, server, servers, project, projects, and the root.
    const after = calls.slice(named + 1);
    expect(after.filter((call) => call === 'sync')).toHaveLength(8);
  });

  it('is refused by a full disk, a real one of 1 MiB', async () => {
    const isMounted = mountSmall(root);
    if (!isMounted) return;
    try {
      const target = new DirectoryTarget('disk', root);
      await target.put('rewind-target.json', mark());
      const error = await store(target, 1, 1, null, 12_000_000, records()).catch((one) => one);
      expect(hasCode(error, 'target.full')).toBe(true);
      expect(await Array.fromAsync(target.list(''))).toEqual(['rewind-target.json']);
      expect(await readdir(join(root, '.tmp'))).toEqual([]);
      const fits = await store(target, 1, 2, null, 12_000_000, [data(0, noise(100_000, 1))]);
      await verifyRun(target, refOf(fits), noKeys);
    } finally {
      execFileSync('umount', [root]);
    }
  });
});

function mountSmall(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
