import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { S3Target } from '../../src/adapters/target/s3/s3-target.ts';
import { hasCode } from '../../src/domain/errors.ts';
import { type BadNetwork, badNetwork, type Fault } from '../world/bad-network.ts';
import { type LabBucket, labBucket, labS3, withVersions } from '../world/lab/s3.ts';

jest.setTimeout(180_000);
const MIB = 1024 * 1024;
const content = randomBytes(11 * MIB);
const SMALL = Buffer.from('a manifest');
async function* pieces(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += MIB) yield bytes.subarray(at, at + MIB);
}
const refusal = (act: Promise<unknown>) =>
  act.then(
    () => undefined,
    (error) => error,
  );

const HASTY_MS = 2_000;
const PATIENT_MS = 20_000;

/** The lab's own RADOS gateway, behind a network that fails where it is told. */
const onLab = process.env.REWIND_LAB ? describe : describe.skip;
onLab('a bucket behind a bad network', () => {
  let bucket: LabBucket;
  let network: BadNetwork;
  let target: S3Target;
  /** Gives up soon on one that says nothing: only where it is made so, for the lab may be slow as well. */
  let hasty: S3Target;
  /** The same bucket, over a good one. */
  let plain: S3Target;
  beforeAll(async () => {
    bucket = labBucket('rewind');
    network = await badNetwork(labS3().endpoint);
    target = bucket.target({ partBytes: 5 * MIB, tries: 3, pauseMs: 2, idleMs: PATIENT_MS }, network.url);
    hasty = bucket.target({ tries: 3, pauseMs: 2, idleMs: HASTY_MS }, network.url);
    plain = bucket.target();
    await plain.put('rewind-target.json', pieces(Buffer.from('mark')));
  });
  afterEach(() => network.reset());
  afterAll(async () => {
    await network.close();
    await plain.sweepTemporary(-60_000);
    await bucket.empty();
  });
  let number = 0;
  const fresh = () => `a/${++number}`;
  const ordinary = async (name: string, bytes: Buffer): Promise<number> => {
    await target.put(name, pieces(bytes));
    return network.seen.length;
  };
  const holds = async (name: string, bytes: Buffer) => bytes.equals(await plain.read(name, 0, bytes.length));

  const passing: Fault[] = ['cut', 'lose-answer', 'flip', { status: 503, code: 'SlowDown' }];
  passing.push({ status: 500, code: 'InternalError' });
  it.each(passing)('a call that fails once is repeated, whichever it is: %j', async (fault) => {
    for (const bytes of [SMALL, content]) {
      const calls = await ordinary(fresh(), bytes);
      for (let nth = 1; nth <= calls; nth += 1) {
        network.reset();
        network.decide = (at) => (at === nth ? fault : 'pass');
        const name = fresh();
        expect(await target.put(name, pieces(bytes))).toBe(bytes.length);
        expect(await plain.size(name)).toBe(bytes.length);
        if (bytes === SMALL || nth % 4 === 0) expect(await holds(name, bytes)).toBe(true);
      }
      // Nobody was told of an upload whose beginning was not answered: the sweep finds it.
      const unheard = fault === 'lose-answer' && bytes === content ? 1 : 0;
      expect(await plain.sweepTemporary(-60_000)).toBe(unheard);
      expect(await bucket.uploads()).toEqual([]);
      expect((await bucket.keys()).filter((key) => key.includes('.put/'))).toEqual([]);
    }
  });

  it('when nothing gets through from some call on, there is no object and the error says so', async () => {
    const calls = await ordinary(fresh(), content);
    for (let nth = 1; nth <= calls; nth += 1) {
      for (const fault of ['cut', { status: 503, code: 'SlowDown' }] as Fault[]) {
        network.reset();
        network.decide = (at) => (at >= nth ? fault : 'pass');
        const name = fresh();
        const error = await refusal(target.put(name, pieces(content)));
        const there = await plain.size(name);
        // After it was completed it is there, in whole; whether that was heard is another matter.
        if (there !== undefined) expect(await holds(name, content)).toBe(true);
        else expect(hasCode(error, 'target.unavailable') && error.retry && error.fault === 'errored').toBe(true);
        if (error === undefined) expect(there).toBe(content.length);
      }
    }
    expect((await bucket.uploads()).length).toBeGreaterThan(0);
    expect(await plain.sweepTemporary(-60_000)).toBeGreaterThan(0);
    expect(await bucket.uploads()).toEqual([]);
    expect((await bucket.keys()).filter((key) => key.includes('.put/'))).toEqual([]);
  });

  it('reads exactly, or not at all', async () => {
    await plain.put('read/me', pieces(content));
    for (const fault of [
      'cut',
      'truncate',
      'stall',
      'lose-answer',
      { status: 500, code: 'InternalError' },
    ] as Fault[]) {
      const client = fault === 'stall' ? hasty : target;
      network.reset();
      network.decide = (at) => (at === 1 ? fault : 'pass');
      expect(content.subarray(5, 3 * MIB).equals(await client.read('read/me', 5, 3 * MIB - 5))).toBe(true);
      expect(network.seen.length).toBeGreaterThan(1);
      network.reset();
      network.decide = (at) => (at === 1 ? fault : 'pass');
      expect(await client.size('read/me')).toBe(content.length);
      network.reset();
      network.decide = () => fault;
      expect(hasCode(await refusal(client.read('read/me', 5, 100)), 'target.unavailable')).toBe(true);
      if (fault !== 'truncate') expect(hasCode(await refusal(client.size('read/me')), 'target.unavailable')).toBe(true);
    }
  });

  it('lists all of it or fails, and removes', async () => {
    for (const name of ['l/1', 'l/2', 'l/3', 'l/4', 'l/5']) await plain.put(name, pieces(SMALL));
    const pagedIn = (idleMs: number) => bucket.target({ pageEntries: 2, tries: 3, idleMs }, network.url);
    const [pagedHasty, pagedPatient] = [pagedIn(HASTY_MS), pagedIn(PATIENT_MS)];
    const all = ['l/1', 'l/2', 'l/3', 'l/4', 'l/5'];
    for (let nth = 1; nth <= 4; nth += 1) {
      for (const fault of ['cut', 'truncate', 'stall', { status: 503, code: 'SlowDown' }] as Fault[]) {
        const paged = fault === 'stall' ? pagedHasty : pagedPatient;
        network.reset();
        network.decide = (at) => (at === nth ? fault : 'pass');
        expect(await Array.fromAsync(paged.list('l/'))).toEqual(all);
        network.reset();
        network.decide = (at) => (at >= nth ? fault : 'pass');
        // The mark is asked for by HEAD, whose answer has no body to be cut.
        const error = await refusal(Array.fromAsync(paged.list('l/')));
        expect(hasCode(error, 'target.unavailable')).toBe(true);
      }
    }
    network.reset();
    network.decide = (at) => (at === 2 ? 'lose-answer' : 'pass');
    await target.remove('l/1');
    expect(await plain.size('l/1')).toBeUndefined();
  });

  it.each([
    [403, 'QuotaExceeded', 'target.full'],
    [507, 'XMinioStorageFull', 'target.full'],
    [403, 'AccessDenied', 'target.not-writable'],
    [403, 'SignatureDoesNotMatch', 'target.not-writable'],
    [404, 'NoSuchBucket', 'target.no-bucket'],
    [403, 'RequestTimeTooSkewed', 'target.clock'],
    [400, 'InvalidArgument', 'target.unavailable'],
  ] as const)('%i %s is told as %s, after one try', async (status, code, expected) => {
    network.decide = (_, line) => (line.startsWith('PUT') ? { status, code } : 'pass');
    for (const bytes of [SMALL, content]) {
      network.seen = [];
      const error = await refusal(target.put(fresh(), pieces(bytes)));
      expect(hasCode(error, expected)).toBe(true);
      expect(error.message).not.toContain(code);
      expect(network.seen.filter((line) => line.startsWith('PUT'))).toHaveLength(1);
    }
  });

  it('knows a bucket that is not there, a key that is wrong, and a server that overwrites', async () => {
    const nowhere = labBucket(`none-${Date.now()}`).target();
    for (const act of [
      () => nowhere.size('rewind-target.json'),
      () => nowhere.put('rewind-target.json', pieces(SMALL)),
      () => nowhere.read('a/b', 0, 1),
    ])
      expect(hasCode(await refusal(act()), 'target.no-bucket')).toBe(true);
    // Of a HEAD the server says no more than that there is nothing.
    expect(hasCode(await refusal(nowhere.read('a/b', 0, 0)), 'target.unavailable')).toBe(true);
    await plain.probe();
    network.decide = (at, line) => (line.startsWith('PUT') && at === 5 ? { status: 200, code: 'Overwritten' } : 'pass');
    expect(hasCode(await refusal(target.probe()), 'target.overwrites')).toBe(true);
    expect((await bucket.keys()).filter((key) => key.includes('.probe/'))).toEqual([]);
  });

  it('knows a bucket that keeps versions', () =>
    withVersions(async (kept) => {
      const versioned = kept.target();
      await versioned.put('rewind-target.json', pieces(SMALL));
      expect(hasCode(await refusal(versioned.probe()), 'target.versioned')).toBe(true);
    }));

  it('gives up on a server that takes the connection and says nothing', async () => {
    network.decide = () => 'stall';
    const began = Date.now();
    expect(hasCode(await refusal(hasty.size('a/b')), 'target.unavailable')).toBe(true);
    expect(Date.now() - began).toBeLessThan(30_000);
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('cancelled')), 100);
    const asked = Date.now();
    await expect(target.put('a/c', pieces(SMALL), abort.signal)).rejects.toThrow('cancelled');
    // Whoever cancels does not wait for the server.
    expect(Date.now() - asked).toBeLessThan(PATIENT_MS);
  });
});
