import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type ConnectedCeph, connectedCeph } from '../../../src/adapters/ceph/connected-ceph.ts';
import { type FakeRbd, fakeRbd } from './fake-rbd.ts';

const REF = { pool: 'volumes', image: 'a' };
const INFO = { name: 'a', id: '1', size: 7, object_size: 4, features: ['layering'], flags: [] };
const answering = (text: string) => `while read question; do echo "$question" >>$OUT; printf '%s\\n' '${text}'; done`;
const saying = (answer: object) => answering(JSON.stringify(answer));

let made: { rbd: FakeRbd; connected: ConnectedCeph }[] = [];
afterEach(async () => {
  for (const { rbd, connected } of made) {
    await connected.close();
    rbd.remove();
  }
  made = [];
});

/** An `rbd` that answers with another size than this script of a shell in the place of Python. */
function fake(python: string) {
  const rbd = fakeRbd(`[ "$1" = mv ] || echo '${JSON.stringify({ ...INFO, size: 8 })}'`);
  const path = join(rbd.folder, 'python');
  const told = join(rbd.folder, 'told');
  writeFileSync(told, '');
  writeFileSync(path, `#!/bin/sh\nOUT=${told}\necho "$@" >>$OUT\n${python}`);
  chmodSync(path, 0o755);
  const settings = { conf: '/etc/ceph/ceph.conf', user: 'rewind', opTimeoutSeconds: 0, stallSeconds: 1 };
  const connected = connectedCeph({ ...settings, bin: join(rbd.folder, 'rbd'), python: path });
  made.push({ rbd, connected });
  return { rbd, ceph: connected.ceph, told: () => readFileSync(told, 'utf8').trim().split('\n') };
}

describe('a connection to Ceph', () => {
  it('is asked instead of rbd, one process for all', async () => {
    const { rbd, ceph, told } = fake(saying({ number: 1, answer: INFO }));
    expect(await ceph.imageInfo(REF)).toMatchObject({ id: '1', sizeBytes: 7, parent: null });
    expect(rbd.calls()).toEqual([]);
    expect(told()[0]).toMatch(/^-I \S+librbd\.py \/etc\/ceph\/ceph\.conf rewind 0$/);
    expect(told().slice(1)).toEqual(['[1,"info","volumes","a"]']);
  });

  it.each([
    [2, '(2) No such file or directory: …', 'not-found'],
    [2, "(2) …: (error opening pool 'volumes')", 'no-pool'],
    [1, '(1) Operation not permitted: …', 'forbidden'],
    [17, '(17) File exists: …', 'exists'],
    [110, '(110) Connection timed out: …', 'timeout'],
  ])('means what rbd means by %i %s', async (errno, error, code) => {
    const { rbd, ceph } = fake(saying({ number: 1, errno, error }));
    await expect(ceph.listSnaps(REF)).rejects.toMatchObject({ code: `vm-backup.ceph.${code}` });
    expect(rbd.calls()).toEqual([]);
  });

  it.each([
    ['is missing', 'exit 127', 1],
    ['cannot be run', '', 1],
    ['ends', 'read question; exit 0', 2],
    ['crashes', 'read question; kill -9 $$', 2],
    ['talks nonsense', answering('what?'), 2],
    ['is shut out by the cluster', saying({ number: 1, errno: 108, error: '(108) …' }), 2],
  ])('leaves looks to rbd when it %s', async (what, script, starts) => {
    const { ceph, told } = fake(script);
    if (what === 'cannot be run') chmodSync(join(made[0]?.rbd.folder ?? '', 'python'), 0o644);
    for (let n = 0; n < 2; n += 1) expect((await ceph.imageInfo(REF))?.sizeBytes).toBe(8);
    // What is not there is not looked for again.
    if (what !== 'cannot be run') expect(told().filter((line) => line.startsWith('-I'))).toHaveLength(starts);
  });

  it('renames by rbd where it is missing', async () => {
    const { rbd, ceph } = fake('exit 127');
    await ceph.renameImage(REF, 'b');
    expect(rbd.calls().map((call) => call.slice(-3))).toEqual([['mv', 'volumes/a', 'volumes/b']]);
  });

  it('does not rename twice when nobody knows whether it was done', async () => {
    const { rbd, ceph } = fake('read question; kill -9 $$');
    await expect(ceph.renameImage(REF, 'b')).rejects.toMatchObject({ code: 'vm-backup.ceph.failed', retry: true });
    expect(rbd.calls()).toEqual([]);
  });

  it('says that the storage did not answer in time, and is made anew', async () => {
    const { rbd, ceph, told } = fake('while read question; do echo "$question" >>$OUT; done');
    const late = { code: 'vm-backup.ceph.timeout', retry: true };
    await expect(Promise.all([ceph.imageInfo(REF), ceph.watchers(REF)])).rejects.toMatchObject(late);
    expect(rbd.calls()).toEqual([]);
    expect(told()).toHaveLength(3);
  }, 10_000);

  it('never takes a name that is more than a name', async () => {
    const { ceph, told } = fake(saying({ number: 1, answer: INFO }));
    const bad = { code: 'vm-backup.internal.bad-name' };
    await expect(ceph.imageInfo({ pool: 'volumes', image: 'a@b' })).rejects.toMatchObject(bad);
    await expect(ceph.watchers({ pool: '-x', image: 'a' })).rejects.toMatchObject(bad);
    await expect(ceph.renameImage(REF, '$(id)')).rejects.toMatchObject(bad);
    expect(told()).toEqual(['']);
  });

  it('is gone when it is closed, and rbd answers', async () => {
    const { ceph, told } = fake(saying({ number: 1, answer: INFO }));
    await ceph.imageInfo(REF);
    await made[0]?.connected.close();
    expect((await ceph.imageInfo(REF))?.sizeBytes).toBe(8);
    expect(told()).toHaveLength(2);
  });
});
