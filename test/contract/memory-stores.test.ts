import { execFile } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createMemoryImages } from '../../src/adapters/ceph/memory-images.ts';
import { createMemoryStores } from '../../src/adapters/memory/memory-stores.ts';
import { memoryImageName } from '../../src/domain/names.ts';
import type { SavedMemory } from '../../src/domain/points/memory-point.ts';
import type { Log } from '../../src/ports/system.ts';
import { rbd } from '../world/lab/lab.ts';

jest.setTimeout(120_000);

/** Both ways of keeping memory, against the real Ceph and this host's real mounts. */
const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };
const settings = { conf: '/etc/ceph/ceph.conf', user: 'rewind', opTimeoutSeconds: 30, stallSeconds: 60 };
const images = createMemoryImages(settings);
const ref = () => ({ pool: 'snapshots', image: memoryImageName(randomUUID()) });
const run = promisify(execFile);
const MIB = 1024 * 1024;

/** By name: one whose file has lost its place tells no path. */
const loops = async () => (await run('losetup', ['--list', '--noheadings', '--output', 'NAME'])).stdout;
let loopsBefore: string;

let folder: string;
beforeAll(async () => {
  loopsBefore = await loops();
  folder = mkdtempSync(join(tmpdir(), 'rewind-memory-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function expectNothingHere(): Promise<void> {
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(folder);
  expect(await loops()).toEqual(loopsBefore);
  expect((await run('ps', ['-eo', 'args'])).stdout).not.toContain(`mountpoint=${folder}`);
  expect(readdirSync(folder)).toEqual([]);
}

const savedIn = (
  image: SavedMemory['image'],
  store: SavedMemory['store'],
  kept: { bytes: number; sha256: string },
) => ({
  ...kept,
  format: 'rewind-memory/1' as const,
  image,
  store,
  domain: randomUUID(),
  ramBytes: 1,
  vcpus: 1,
  devices: ['disk vda vms/x'],
  machine: 'pc',
  hostCpu: 'x/y',
  qemu: '7.2.0',
  libvirt: '9.0.0',
  at: '2026-01-01T00:00:00.000Z',
});

describe.each(['stream', 'image'] as const)('memory kept by %s', (kind) => {
  const stores = () => createMemoryStores({ wanted: kind, folder, ...settings, images, log: silent });

  test('comes back byte by byte, and leaves nothing on the host', async () => {
    const { preferred, of } = await stores();
    expect(preferred.kind).toBe(kind);
    const image = ref();
    const content = Buffer.concat([randomBytes(30 * MIB), Buffer.alloc(20 * MIB), randomBytes(12_345)]);
    const file = await preferred.open(image, 256 * MIB);
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
    expect(await file.measure()).toBeGreaterThan(MIB);
    expect(statSync(file.path).size).toBe(0);
    await writeFile(file.path, content);
    const kept = await file.keep();
    expect(kept).toEqual({ bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') });
    await file.drop();
    await expectNothingHere();
    expect(await images.read(image)).toBeUndefined();
    const saved = savedIn(image, kind, kept);
    await images.describe(image, saved);
    expect(await images.read(image)).toEqual(saved);

    const back = await of(kind).fetch(image, saved);
    expect(Buffer.compare(await readFile(back.path), content)).toBe(0);
    await back.drop();
    await back.drop();
    await expectNothingHere();
    const wrong = { ...saved, sha256: '0'.repeat(64) };
    await expect(of(kind).fetch(image, wrong)).rejects.toMatchObject({ code: 'vm-backup.memory.damaged' });
    await expectNothingHere();
    await images.remove(image);
    await images.remove(image);
    expect(await images.read(image)).toBeUndefined();
  });

  test('does not count when its words are those of another image', async () => {
    const [image, other] = [ref(), ref()];
    await images.create(image, MIB);
    await images.describe(image, savedIn(other, kind, { bytes: 1, sha256: '0'.repeat(64) }));
    expect(await images.read(image)).toBeUndefined();
    await rbd('image-meta', 'set', `snapshots/${image.image}`, 'rewind.memory', '{"format":');
    await expect(images.read(image)).rejects.toMatchObject({ code: 'vm-backup.ceph.failed' });
    await images.remove(image);
  });

  test('is swept when its process was killed', async () => {
    const image = ref();
    const script = `
      const { createMemoryImages } = await import('${process.cwd()}/src/adapters/ceph/memory-images.ts');
      const { createMemoryStores } = await import('${process.cwd()}/src/adapters/memory/memory-stores.ts');
      const log = { debug() {}, info() {}, warn() {}, error() {}, with: () => log };
      const settings = ${JSON.stringify(settings)};
      const { preferred } = await createMemoryStores({ wanted: '${kind}', folder: '${folder}', ...settings, images: createMemoryImages(settings), log });
      const file = await preferred.open(${JSON.stringify(image)}, 256 * 1024 * 1024);
      await file.measure();
      process.kill(process.pid, 'SIGKILL');`;
    await expect(run(process.execPath, ['--input-type=module', '-e', script])).rejects.toMatchObject({
      signal: 'SIGKILL',
    });
    expect(readdirSync(folder)).toHaveLength(1);
    await (await stores()).sweep();
    await expectNothingHere();
    for (const end = Date.now() + 45_000; ; await new Promise((resolve) => setTimeout(resolve, 1000))) {
      const gone = await images.remove(image).then(
        () => true,
        () => false,
      );
      if (gone) break;
      expect(Date.now()).toBeLessThan(end);
    }
  });
});
