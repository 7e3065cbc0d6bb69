import { spawn } from 'node:child_process';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { createCeph } from '../../src/adapters/ceph/rbd-ceph.ts';
import type { ImageRef } from '../../src/domain/points/disk.ts';
import { until } from '../world/lab/lab.ts';
import { freshRef, MIB, removeWithSnaps, SETTINGS } from './ceph-lab.ts';

jest.setTimeout(120_000);

const SNAP = 'rewind-b-x';
const ceph = createCeph(SETTINGS);
const made: ImageRef[] = [];

async function images(count: number): Promise<ImageRef[]> {
  const refs = Array.from({ length: count }, freshRef);
  for (const ref of refs) await ceph.createImage(ref, MIB);
  made.push(...refs);
  return refs;
}

const isLab = process.env.REWIND_LAB === '1';
(isLab ? describe : describe.skip)('snaps that are made ready', () => {
  afterAll(async () => {
    for (const ref of made) await removeWithSnaps(ceph, ref);
  });

  it('are on all images after the word, and on none before; nobody watches the images then', async () => {
    const refs = await images(3);
    const snaps = () => Promise.all(refs.map(async (ref) => (await ceph.listSnaps(ref)).map((snap) => snap.name)));
    const watchers = () => Promise.all(refs.map(ceph.watchers));
    const idle = await ceph.readySnaps(refs, SNAP);
    expect((await watchers()).map((who) => who.length)).toEqual([1, 1, 1]);
    await idle.drop();
    expect(await snaps()).toEqual([[], [], []]);
    const ready = await ceph.readySnaps(refs, SNAP);
    await ready.take();
    expect(await snaps()).toEqual([[SNAP], [SNAP], [SNAP]]);
    await ready.drop();
    expect(await watchers()).toEqual([[], [], []]);
  });

  it('are not taken for those that an earlier attempt asked for, and that came late', async () => {
    const refs = await images(2);
    const ready = await ceph.readySnaps(refs, SNAP);
    await ceph.createSnap(refs[1] as ImageRef, SNAP);
    await expect(ready.take()).rejects.toMatchObject({ code: 'vm-backup.ceph.exists' });
    await ready.drop();
  });

  it('are ready when nobody is waited for who died with an image open', async () => {
    const [ref] = (await images(1)) as [ImageRef];
    const place = `${ref.pool}/${ref.image}`;
    const client = spawn('rbd', ['--id', 'rewind', 'watch', place], { stdio: ['pipe', 'ignore', 'ignore'] });
    const [dying] = await until('it is open', 20_000, async () => {
      const watchers = await ceph.watchers(ref);
      return watchers.length > 0 && watchers;
    });
    client.kill('SIGKILL');
    expect(await ceph.watchers(ref)).toEqual([dying]);
    const ready = await ceph.readySnaps([ref], SNAP);
    expect(await ceph.watchers(ref)).not.toContain(dying);
    await ready.take();
    await ready.drop();
    expect((await ceph.listSnaps(ref)).map((snap) => snap.name)).toEqual([SNAP]);
  });
});
