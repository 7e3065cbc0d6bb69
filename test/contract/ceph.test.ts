import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createCeph } from '../../src/adapters/ceph/rbd-ceph.ts';
import type { ImageRef } from '../../src/domain/points/disk.ts';
import { freshRef, leftovers, MIB, POOL, removeWithSnaps, SETTINGS } from './ceph-lab.ts';

const run = promisify(execFile);
jest.setTimeout(120_000);

const ceph = createCeph(SETTINGS);
const never = new AbortController().signal;
const rbd = (...args: string[]) =>
  run('rbd', ['--id', 'rewind', ...args], { encoding: 'buffer', maxBuffer: 512 * MIB });
const made: ImageRef[] = [];

function fresh(): ImageRef {
  const ref = freshRef();
  made.push(ref);
  return ref;
}

/** Writes here and there, other places each time. */
const scribble = ({ pool, image }: ImageRef, mib: number) =>
  rbd(
    'bench',
    '--io-type',
    'write',
    '--io-size',
    '64K',
    '--io-total',
    `${mib}M`,
    '--io-pattern',
    'rand',
    `${pool}/${image}`,
  );

async function contentOf({ pool, image }: ImageRef, snap?: string): Promise<string> {
  const spec = `${pool}/${image}${snap === undefined ? '' : `@${snap}`}`;
  const { stdout } = await rbd('export', '--no-progress', spec, '-');
  return createHash('sha256')
    .update(stdout as unknown as Buffer)
    .digest('hex');
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* pieces(bytes: Buffer, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const isLab = process.env.REWIND_LAB === '1';
(isLab ? describe : describe.skip)('a real Ceph', () => {
  afterEach(async () => {
    for (const ref of made.splice(0)) await removeWithSnaps(ceph, ref);
  });
  afterAll(async () => {
    expect(await leftovers(ceph)).toEqual([]);
  });

  it('tells its version', async () => {
    expect(await ceph.version()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('makes, describes, grows, renames and removes an image, each twice', async () => {
    const [ref, renamed] = [fresh(), fresh()];
    expect(await ceph.imageInfo(ref)).toBeUndefined();
    expect(await ceph.watchers(ref)).toEqual([]);
    for (let twice = 0; twice < 2; twice++) await ceph.createImage(ref, 8 * MIB + 512);
    const info = { sizeBytes: 8 * MIB + 512, objectSizeBytes: 4 * MIB, flags: [], parent: null };
    expect(await ceph.imageInfo(ref)).toMatchObject(info);
    expect(Math.abs(((await ceph.imageInfo(ref))?.createdAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
    expect((await ceph.imageInfo(ref))?.features).toEqual(expect.arrayContaining(['layering', 'exclusive-lock']));
    expect(await ceph.listImages(POOL)).toContain(ref.image);

    for (let twice = 0; twice < 2; twice++) await ceph.growImage(ref, 12 * MIB);
    expect((await ceph.imageInfo(ref))?.sizeBytes).toBe(12 * MIB);
    await expect(ceph.growImage(ref, 8 * MIB)).rejects.toMatchObject({ code: 'vm-backup.ceph.invalid' });
    await expect(ceph.growImage(renamed, MIB)).rejects.toMatchObject({ code: 'vm-backup.ceph.not-found' });

    await ceph.renameImage(ref, renamed.image);
    await expect(ceph.renameImage(ref, renamed.image)).rejects.toMatchObject({ code: 'vm-backup.ceph.not-found' });
    await ceph.createImage(ref, MIB);
    await expect(ceph.renameImage(ref, renamed.image)).rejects.toMatchObject({ code: 'vm-backup.ceph.exists' });
    expect((await ceph.imageInfo(renamed))?.sizeBytes).toBe(12 * MIB);
    for (let twice = 0; twice < 2; twice++) await ceph.removeImage(renamed);
    expect(await ceph.imageInfo(renamed)).toBeUndefined();
  });

  it('describes an image without fast diff', async () => {
    const ref = fresh();
    await rbd('create', '--size', '8M', '--image-feature', 'layering', `${ref.pool}/${ref.image}`);
    expect(await ceph.imageInfo(ref)).toMatchObject({ features: ['layering'], flags: [] });
  });

  it('makes, lists and removes snaps, each twice, and refuses what has them', async () => {
    const ref = fresh();
    await ceph.createImage(ref, 8 * MIB);
    for (let twice = 0; twice < 2; twice++) await ceph.createSnap(ref, 'rewind-a');
    expect(await ceph.listSnaps(ref)).toEqual([{ name: 'rewind-a', sizeBytes: 8 * MIB, protected: false }]);
    await expect(ceph.removeImage(ref)).rejects.toMatchObject({ code: 'vm-backup.ceph.has-snapshots' });
    await expect(ceph.listSnaps(fresh())).rejects.toMatchObject({ code: 'vm-backup.ceph.not-found' });
    await expect(ceph.createSnap(fresh(), 'x')).rejects.toMatchObject({ code: 'vm-backup.ceph.not-found' });
    for (let twice = 0; twice < 2; twice++) await ceph.removeSnap(ref, 'rewind-a');
    await ceph.removeSnap(fresh(), 'rewind-a');
    expect(await ceph.listSnaps(ref)).toEqual([]);
  });

  it('knows clones and their parent, and refuses to remove a protected snap', async () => {
    const [parent, child] = [fresh(), fresh()];
    await ceph.createImage(parent, 8 * MIB);
    await ceph.createSnap(parent, 'base');
    const spec = `${parent.pool}/${parent.image}@base`;
    await rbd('snap', 'protect', spec);
    await rbd('clone', spec, `${child.pool}/${child.image}`);
    expect(await ceph.listChildren(parent, 'base')).toEqual([child]);
    expect((await ceph.imageInfo(child))?.parent).toEqual(parent);
    expect(await ceph.listSnaps(parent)).toMatchObject([{ name: 'base', protected: true }]);
    await expect(ceph.removeSnap(parent, 'base')).rejects.toMatchObject({ code: 'vm-backup.ceph.busy' });
    await ceph.removeImage(child);
    await rbd('snap', 'unprotect', spec);
    await expect(ceph.listChildren(parent, 'none')).rejects.toMatchObject({ code: 'vm-backup.ceph.not-found' });
  });

  it('makes what takes the place of an image as that one lies: data pool, object size, stripes, features', async () => {
    const [live, draft, clone, plain] = [fresh(), fresh(), fresh(), fresh()];
    const layout = ['--data-pool', 'backups', '--object-size', '1M', '--stripe-unit', '64K', '--stripe-count', '4'];
    const features = ['--image-feature', 'layering,exclusive-lock'];
    await rbd('create', '--size', '8M', ...layout, ...features, `${live.pool}/${live.image}`);
    await ceph.createImage(draft, 8 * MIB, live);
    await ceph.createSnap(draft, 's1');
    await ceph.cloneSnap(draft, 's1', clone, live);
    const seen = async ({ pool, image }: ImageRef) => {
      const {
        data_pool,
        object_size,
        stripe_unit,
        stripe_count,
        features: all,
      } = JSON.parse((await rbd('info', '--format', 'json', `${pool}/${image}`)).stdout.toString());
      // A clone tells of itself that it is one.
      const own = all.filter((one: string) => one !== 'operations');
      return { data_pool, object_size, stripe_unit, stripe_count, features: own };
    };
    const wanted = { data_pool: 'backups', object_size: MIB, stripe_unit: 65536, stripe_count: 4 };
    expect(await seen(live)).toMatchObject(wanted);
    expect(await seen(draft)).toEqual(await seen(live));
    expect(await seen(clone)).toEqual(await seen(live));
    // In the place of a lost one, as this client's ceph.conf says.
    await ceph.createImage(plain, 8 * MIB, fresh());
    expect(await seen(plain)).toMatchObject({ object_size: 4 * MIB });
    await ceph.flatten(clone);
    await ceph.removeSnap(draft, 's1');
  });

  it('finds an image by its id: renamed, in the trash, back again, and not at all', async () => {
    const ref = fresh();
    await ceph.createImage(ref, MIB);
    await ceph.createSnap(ref, 's1');
    const { id } = (await ceph.imageInfo(ref)) ?? { id: '' };
    const renamed = fresh();
    await ceph.renameImage(ref, renamed.image);
    expect(await ceph.imageOfId(POOL, id)).toEqual({ name: renamed.image, inTrash: false });
    await rbd('trash', 'mv', `${POOL}/${renamed.image}`);
    // A new image has taken the name that the one in the trash still bears.
    await ceph.createImage(renamed, MIB);
    expect(await ceph.imageOfId(POOL, id)).toEqual({ name: renamed.image, inTrash: true });
    expect(await ceph.listSnapsOfId(POOL, id)).toEqual([{ name: 's1', sizeBytes: MIB, protected: false }]);
    const back = fresh();
    await ceph.untrashImage(POOL, id, back.image);
    await ceph.untrashImage(POOL, id, back.image);
    expect(await ceph.imageOfId(POOL, id)).toEqual({ name: back.image, inTrash: false });
    await ceph.removeSnap(back, 's1');
    await ceph.removeImage(back);
    expect(await ceph.imageOfId(POOL, id)).toBeUndefined();
  });

  it('rolls an image back, its size too, and increments over it stay right', async () => {
    const ref = fresh();
    await ceph.createImage(ref, 16 * MIB);
    await scribble(ref, 1);
    await ceph.createSnap(ref, 's1');
    const wanted = await contentOf(ref);
    await scribble(ref, 1);
    await ceph.growImage(ref, 32 * MIB);
    await ceph.rollback(ref, 's1');
    await ceph.rollback(ref, 's1');
    expect(await contentOf(ref)).toBe(wanted);
    expect((await ceph.imageInfo(ref))?.flags).toEqual([]);
    await expect(ceph.rollback(ref, 'never')).rejects.toMatchObject({ code: 'vm-backup.ceph.not-found' });
    await ceph.removeSnap(ref, 's1');
  });

  it('clones a snap and makes the clone flat, twice; then the snap can go', async () => {
    const [ref, clone] = [fresh(), fresh()];
    await ceph.createImage(ref, 16 * MIB);
    await scribble(ref, 1);
    await ceph.createSnap(ref, 's1');
    const wanted = await contentOf(ref);
    await scribble(ref, 1);
    await ceph.cloneSnap(ref, 's1', clone);
    await expect(ceph.cloneSnap(ref, 's1', clone)).rejects.toMatchObject({ code: 'vm-backup.ceph.exists' });
    expect((await ceph.imageInfo(clone))?.parent).toMatchObject(ref);
    expect(await contentOf(clone)).toBe(wanted);
    await ceph.flatten(clone);
    await ceph.flatten(clone);
    expect((await ceph.imageInfo(clone))?.parent).toBeNull();
    await ceph.removeSnap(ref, 's1');
    await ceph.removeImage(ref);
    expect(await contentOf(clone)).toBe(wanted);
  });

  it('says where it may not go, and what is not there', async () => {
    await expect(ceph.listImages('device_health_metrics')).rejects.toMatchObject({ code: 'vm-backup.ceph.forbidden' });
    const lost = { pool: 'no-such-pool', image: 'x' };
    for (const call of [() => ceph.imageInfo(lost), () => ceph.removeImage(lost), () => ceph.watchers(lost)])
      await expect(call()).rejects.toMatchObject({ code: 'vm-backup.ceph.no-pool' });
    const stranger = createCeph({ ...SETTINGS, user: 'nobody-we-know' });
    await expect(stranger.listImages(POOL)).rejects.toMatchObject({ code: 'vm-backup.ceph.unavailable' });
  });

  describe('moves data', () => {
    let source: ImageRef;
    let full: Buffer;
    let increment: Buffer;
    let sums: { a: string; b: string };

    beforeAll(async () => {
      source = freshRef();
      await ceph.createImage(source, 64 * MIB);
      await scribble(source, 16);
      await ceph.createSnap(source, 'a');
      await scribble(source, 4);
      await ceph.growImage(source, 72 * MIB);
      await ceph.createSnap(source, 'b');
      sums = { a: await contentOf(source, 'a'), b: await contentOf(source, 'b') };
      const output = ceph.exportDiff(source, 'a', undefined, never);
      full = await bytesOf(output.stream);
      await output.finished;
      increment = await bytesOf(ceph.exportDiff(source, 'b', 'a', never).stream);
    });
    afterAll(() => removeWithSnaps(ceph, source));

    it('out and in again, equal byte for byte', async () => {
      const copy = fresh();
      await ceph.createImage(copy, 64 * MIB);
      await ceph.importDiff(copy, pieces(full), never);
      expect((await ceph.listSnaps(copy)).map((snap) => snap.name)).toEqual(['a']);
      expect(await contentOf(copy)).toBe(sums.a);
      await ceph.importDiff(copy, pieces(increment), never);
      expect(await contentOf(copy, 'a')).toBe(sums.a);
      expect(await contentOf(copy, 'b')).toBe(sums.b);
      await expect(ceph.importDiff(copy, pieces(increment), never)).rejects.toMatchObject({
        code: 'vm-backup.ceph.exists',
      });
      expect(sums.a).not.toBe(sums.b);
    });

    it('and says what is missing', async () => {
      const copy = fresh();
      const missing = { code: 'vm-backup.ceph.not-found' };
      await expect(ceph.importDiff(copy, pieces(full), never)).rejects.toMatchObject(missing);
      await ceph.createImage(copy, 64 * MIB);
      await expect(ceph.importDiff(copy, pieces(increment), never)).rejects.toMatchObject({
        code: 'vm-backup.ceph.invalid',
      });
      for (const [snap, from] of [
        ['none', undefined],
        ['a', 'none'],
      ] as const) {
        const output = ceph.exportDiff(source, snap, from, never);
        await expect(bytesOf(output.stream)).rejects.toMatchObject(missing);
        await expect(output.finished).rejects.toMatchObject(missing);
      }
    });

    it('never ends a diff that was cut, wherever it was cut', async () => {
      const copy = fresh();
      await ceph.createImage(copy, 64 * MIB);
      const cuts = [0, 5, 12, 13, 20, 30, 40, 1_000, full.length >> 1, full.length - 1];
      for (const cut of cuts) {
        const cutShort = ceph.importDiff(copy, pieces(full.subarray(0, cut)), never);
        await expect(cutShort).rejects.toMatchObject({ code: 'vm-backup.ceph.invalid' });
        expect(await ceph.listSnaps(copy)).toEqual([]);
      }
    });

    it('gives the right content after an import was killed in the middle, and after its source failed at the end', async () => {
      const copy = fresh();
      await ceph.createImage(copy, 64 * MIB);
      for (const share of [0.1, 0.9]) {
        const stop = new AbortController();
        const cut = Math.floor(full.length * share);
        async function* until(): AsyncGenerator<Uint8Array> {
          yield* pieces(full.subarray(0, cut));
          stop.abort(new Error('killed'));
          yield* pieces(full.subarray(cut));
        }
        await expect(ceph.importDiff(copy, until(), stop.signal)).rejects.toThrow('killed');
        expect(await ceph.listSnaps(copy)).toEqual([]);
      }
      async function* damaged(): AsyncGenerator<Uint8Array> {
        yield* pieces(full);
        throw new Error('damaged');
      }
      await expect(ceph.importDiff(copy, damaged(), never)).rejects.toThrow('damaged');
      // it has given the image back at once
      expect(await ceph.watchers(copy)).toEqual([]);
      expect(await ceph.listSnaps(copy)).toEqual([]);
      await ceph.importDiff(copy, pieces(full), never);
      expect(await contentOf(copy, 'a')).toBe(sums.a);
    });

    it('shows a client that has the image open, and lets nobody remove it', async () => {
      const copy = fresh();
      await ceph.createImage(copy, 64 * MIB);
      const held = new AbortController();
      async function* slow(): AsyncGenerator<Uint8Array> {
        yield* pieces(full.subarray(0, 1_000_000));
        await new Promise((resolve) => held.signal.addEventListener('abort', resolve, { once: true }));
      }
      const importing = ceph.importDiff(copy, slow(), held.signal).catch((error) => error);
      while ((await ceph.watchers(copy)).length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await ceph.watchers(copy)).toEqual([expect.stringMatching(/^127\.0\.0\.1:/)]);
      await expect(ceph.removeImage(copy)).rejects.toMatchObject({ code: 'vm-backup.ceph.busy', retry: true });
      held.abort(new Error('enough'));
      expect(await importing).toMatchObject({ message: 'enough' });
      // not killed, so that it could give the image back: the watch of a killed client lasts for half a minute
      expect(await ceph.watchers(copy)).toEqual([]);
    });
  });

  it.each([
    ['its header', (id: string) => [`rbd_header.${id}`]],
    ['its id', (_: string, image: string) => [`rbd_id.${image}`]],
  ])('makes and removes an image that lost %s to a killed process', async (_, lost) => {
    const ref = fresh();
    for (const act of [() => ceph.createImage(ref, MIB), () => ceph.removeImage(ref)]) {
      await ceph.createImage(ref, MIB);
      const { id } = JSON.parse((await rbd('info', '--format', 'json', `${POOL}/${ref.image}`)).stdout.toString());
      for (const object of lost(id, ref.image)) await run('rados', ['-p', POOL, 'rm', object]);
      expect(await ceph.imageInfo(ref)).toBeUndefined();
      await act();
    }
    expect(await ceph.listImages(POOL)).not.toContain(ref.image);
    await ceph.createImage(ref, 2 * MIB);
    expect(await ceph.imageInfo(ref)).toMatchObject({ sizeBytes: 2 * MIB, flags: [] });
  });

  it('answers within its limits when an OSD does not', async () => {
    const images = Array.from({ length: 16 }, fresh);
    await Promise.all(images.map((ref) => ceph.createImage(ref, MIB)));
    const [filled, target] = [fresh(), fresh()];
    for (const ref of [filled, target]) await ceph.createImage(ref, 64 * MIB);
    await scribble(filled, 16);
    await ceph.createSnap(filled, 'x');
    const diff = await bytesOf(ceph.exportDiff(filled, 'x', undefined, never).stream);
    const impatient = createCeph({ ...SETTINGS, opTimeoutSeconds: 2, stallSeconds: 4 });
    const lab = new URL('../../deploy/lab/lab', import.meta.url).pathname;
    await run(lab, ['daemon', 'pause', 'ceph-osd.0']);
    const began = performance.now();
    let answers: PromiseSettledResult<unknown>[];
    try {
      answers = await Promise.allSettled([
        ...images.map((ref) => impatient.createSnap(ref, 'x')),
        bytesOf(impatient.exportDiff(filled, 'x', undefined, never).stream),
        impatient.importDiff(target, pieces(diff), never),
      ]);
    } finally {
      await run(lab, ['daemon', 'resume', 'ceph-osd.0']);
    }
    expect(performance.now() - began).toBeLessThan(12_000);
    const late = answers.filter((answer) => answer.status === 'rejected').map((answer) => answer.reason);
    expect(late.length).toBeGreaterThan(2);
    expect(answers.slice(-2)).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    // now and then librbd stumbles over an operation that was given up, and ends with another word for it
    for (const reason of late) expect(reason.code).toMatch(/^vm-backup\.ceph\.(timeout|failed)$/);
    for (const reason of late) expect(reason).toMatchObject({ retry: true });
    for (const ref of images) await ceph.createSnap(ref, 'x');
  });
});
