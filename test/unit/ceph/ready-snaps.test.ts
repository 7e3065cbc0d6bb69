import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type FakeRbd, fakeRbd } from './fake-rbd.ts';

const IMAGES = ['a', 'b'].map((image) => ({ pool: 'volumes', image }));

let made: FakeRbd[] = [];
afterEach(() => {
  for (const rbd of made) rbd.remove();
  made = [];
});

/** An `rbd` that can do all, beside a Python that is this script of a shell. */
function fake(python: string, does = 'exit 0'): { rbd: FakeRbd; snapped: () => string[] } {
  const rbd = fakeRbd(does);
  made.push(rbd);
  const path = join(rbd.folder, 'python');
  writeFileSync(path, `#!/bin/sh\nOUT=${rbd.folder}/out\n${python}`);
  chmodSync(path, 0o755);
  rbd.use({ python: path });
  return {
    rbd,
    snapped: () =>
      rbd
        .calls()
        .map((call) => call.at(-1) ?? '')
        .sort(),
  };
}

const GOOD = 'echo "$@" >$OUT; echo ready; read word; [ "$word" = snap ] && echo done; read more';

describe('snaps that are made ready', () => {
  it('open the images first, and are made at a word', async () => {
    const { rbd, snapped } = fake(GOOD);
    const ready = await rbd.ceph.readySnaps(IMAGES, 's');
    expect(rbd.written().toString()).toMatch(
      /^-I \S+snap-together\.py \/etc\/ceph\/ceph\.conf rewind 1 40 s volumes a volumes b\n$/,
    );
    await ready.take();
    await ready.drop();
    expect(snapped()).toEqual([]);
  });

  it.each(['exit 127', 'echo no >&2; exit 2', 'exit 0'])(
    'are made by rbd when the library fails: %s',
    async (script) => {
      const { rbd, snapped } = fake(`echo x >>$OUT; ${script}`);
      for (let n = 0; n < 2; n += 1) {
        const ready = await rbd.ceph.readySnaps(IMAGES, 's');
        await ready.take();
        await ready.drop();
      }
      expect(snapped()).toEqual(['volumes/a@s', 'volumes/a@s', 'volumes/b@s', 'volumes/b@s']);
      // What is not there is not looked for again.
      expect(rbd.written()).toHaveLength(script === 'exit 127' ? 2 : 4);
    },
  );

  it('are made by rbd when the library fails in the middle', async () => {
    const { rbd, snapped } = fake('echo ready; read word; exit 5');
    const ready = await rbd.ceph.readySnaps(IMAGES, 's');
    await ready.take();
    expect(snapped()).toEqual(['volumes/a@s', 'volumes/b@s']);
  });

  it('are not made by anybody while a client that has an image open does not answer', async () => {
    const { rbd, snapped } = fake('echo timed out >&2; exit 110');
    await expect(rbd.ceph.readySnaps(IMAGES, 's')).rejects.toMatchObject({
      code: 'vm-backup.ceph.timeout',
      retry: true,
    });
    expect(snapped()).toEqual([]);
  });

  it('say that the storage did not answer in time, and leave nobody', async () => {
    const { rbd, snapped } = fake('echo ready; read word; exit 110');
    const ready = await rbd.ceph.readySnaps(IMAGES, 's');
    await expect(ready.take()).rejects.toMatchObject({ code: 'vm-backup.ceph.timeout' });
    await ready.drop();
    expect(snapped()).toEqual([]);
  });

  it.each(['echo ready; read word; exit 17', 'exit 127'])('are not those that came late: %s', async (script) => {
    const { rbd } = fake(script, 'echo exists >&2; exit 17');
    const ready = await rbd.ceph.readySnaps(IMAGES, 's');
    await expect(ready.take()).rejects.toMatchObject({ code: 'vm-backup.ceph.exists' });
    await ready.drop();
  });

  it('never take a name that is more than a name', async () => {
    const { rbd } = fake(GOOD);
    const bad = rbd.ceph.readySnaps([{ pool: 'volumes', image: '--x' }], 's');
    await expect(bad.then((ready) => ready.take())).rejects.toMatchObject({ code: 'vm-backup.internal.bad-name' });
    expect(rbd.written()).toHaveLength(0);
  });
});
