import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { connectedCeph } from '../../src/adapters/ceph/connected-ceph.ts';
import { createCeph } from '../../src/adapters/ceph/rbd-ceph.ts';
import type { ImageRef } from '../../src/domain/points/disk.ts';
import { freshRef, MIB, removeWithSnaps, SETTINGS } from './ceph-lab.ts';

/** A process that stays connected must say what `rbd` says, word for word. */
const run = promisify(execFile);
jest.setTimeout(120_000);

const byRbd = createCeph(SETTINGS);
const { ceph, close } = connectedCeph(SETTINGS);
const rbd = (...args: string[]) => run('rbd', ['--id', 'rewind', ...args]);
const specOf = ({ pool, image }: ImageRef) => `${pool}/${image}`;
const made: ImageRef[] = [];

function fresh(): ImageRef {
  const ref = freshRef();
  made.push(ref);
  return ref;
}

async function expectSame(ref: ImageRef): Promise<void> {
  expect(await ceph.imageInfo(ref)).toEqual(await byRbd.imageInfo(ref));
  expect(await ceph.listSnaps(ref)).toEqual(await byRbd.listSnaps(ref));
  expect(await ceph.watchers(ref)).toEqual(await byRbd.watchers(ref));
}

/** The processes of the library that this test started. */
const libraries = async (): Promise<number[]> => {
  const { stdout } = await run('pgrep', ['-P', String(process.pid), '-f', 'librbd.py']).catch(() => ({ stdout: '' }));
  return stdout.split('\n').filter(Boolean).map(Number);
};

const isLab = process.env.REWIND_LAB === '1';
(isLab ? describe : describe.skip)('a connection to a real Ceph', () => {
  afterEach(async () => {
    for (const ref of made.splice(0).reverse()) await removeWithSnaps(byRbd, ref);
  });
  afterAll(() => close());

  it('says the same as rbd of images, snaps, clones and flags', async () => {
    const [plain, parent, child] = [fresh(), fresh(), fresh()];
    await rbd('create', '--size', '8M', '--image-feature', 'layering', specOf(plain));
    await byRbd.createImage(parent, 8 * MIB + 512);
    await byRbd.createSnap(parent, 'a');
    await byRbd.growImage(parent, 12 * MIB);
    await byRbd.createSnap(parent, 'b');
    await byRbd.cloneSnap(parent, 'a', child);
    // Moved to the snaps' trash, since a clone hangs on it: nobody's any more.
    await rbd('snap', 'rm', '--no-progress', `${specOf(parent)}@a`);
    await rbd('snap', 'protect', `${specOf(parent)}@b`);
    await rbd('feature', 'disable', specOf(child), 'fast-diff');
    await rbd('feature', 'enable', specOf(child), 'fast-diff');
    expect((await ceph.imageInfo(child))?.flags).toContain('fast diff invalid');
    expect((await ceph.imageInfo(child))?.parent).toEqual(parent);
    expect(await ceph.listSnaps(parent)).toEqual([{ name: 'b', sizeBytes: 12 * MIB, protected: true }]);
    for (const ref of [plain, parent, child]) await expectSame(ref);
    await rbd('snap', 'unprotect', `${specOf(parent)}@b`);
    await byRbd.removeImage(child);
  });

  it('says the same of what is not there', async () => {
    const [absent, elsewhere] = [fresh(), { pool: 'no-such-pool', image: 'x' }];
    expect(await ceph.imageInfo(absent)).toBeUndefined();
    expect(await ceph.watchers(absent)).toEqual([]);
    await expect(ceph.listSnaps(absent)).rejects.toMatchObject({ code: 'vm-backup.ceph.not-found' });
    for (const one of [byRbd, ceph])
      await expect(one.imageInfo(elsewhere)).rejects.toMatchObject({ code: 'vm-backup.ceph.no-pool' });
  });

  it('sees who has an image open, and is not seen itself', async () => {
    const ref = fresh();
    await byRbd.createImage(ref, 64 * MIB);
    const args = ['bench', '--io-type', 'write', '--io-size', '4K', '--io-total', '1G', '--io-threads', '1'];
    const writer = spawn('rbd', ['--id', 'rewind', ...args, specOf(ref)], { stdio: 'ignore' });
    const gone = new Promise((resolve) => writer.once('exit', resolve));
    while ((await ceph.watchers(ref)).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await ceph.watchers(ref)).toEqual(await byRbd.watchers(ref));
    writer.kill('SIGTERM');
    await gone;
    await Promise.all(Array.from({ length: 20 }, () => ceph.imageInfo(ref)));
    while ((await byRbd.watchers(ref)).length > 0) await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await ceph.watchers(ref)).toEqual([]);
  });

  it('renames, and refuses it as rbd does', async () => {
    const [ref, renamed] = [fresh(), fresh()];
    await byRbd.createImage(ref, MIB);
    const id = (await ceph.imageInfo(ref))?.id;
    await ceph.renameImage(ref, renamed.image);
    expect(await ceph.imageInfo(ref)).toBeUndefined();
    expect((await byRbd.imageInfo(renamed))?.id).toBe(id);
    await expect(ceph.renameImage(ref, renamed.image)).rejects.toMatchObject({ code: 'vm-backup.ceph.not-found' });
    await byRbd.createImage(ref, MIB);
    await expect(ceph.renameImage(ref, renamed.image)).rejects.toMatchObject({ code: 'vm-backup.ceph.exists' });
  });

  it('is one process for many questions, and a new one after it was killed', async () => {
    const ref = fresh();
    await byRbd.createImage(ref, MIB);
    await Promise.all(Array.from({ length: 10 }, () => expectSame(ref)));
    const [first] = await libraries();
    expect(await libraries()).toEqual([first]);
    for (let n = 0; n < 5; n += 1) {
      const asked = Promise.all(Array.from({ length: 20 }, () => ceph.imageInfo(ref)));
      for (const pid of await libraries()) process.kill(-pid, 'SIGKILL');
      expect(new Set((await asked).map((info) => info?.sizeBytes))).toEqual(new Set([MIB]));
    }
    await ceph.imageInfo(ref);
    expect(await libraries()).not.toContain(first);
  });

  it('gives the reason when the cluster does not know us', async () => {
    const stranger = connectedCeph({ ...SETTINGS, user: 'nobody-we-know' });
    await expect(stranger.ceph.imageInfo(fresh())).rejects.toMatchObject({ code: 'vm-backup.ceph.unavailable' });
    await stranger.close();
  });

  it('leaves nobody when it is closed; rbd answers from then on', async () => {
    const one = connectedCeph(SETTINGS);
    const ref = fresh();
    await byRbd.createImage(ref, MIB);
    const before = await libraries();
    await one.ceph.imageInfo(ref);
    expect((await libraries()).length).toBe(before.length + 1);
    await one.close();
    expect(await libraries()).toEqual(before);
    expect((await one.ceph.imageInfo(ref))?.sizeBytes).toBe(MIB);
    expect(await libraries()).toEqual(before);
  });
});
