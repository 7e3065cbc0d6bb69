import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { streamStore } from '../../../src/adapters/memory/stream-store.ts';
import type { SavedMemory } from '../../../src/domain/points/memory-point.ts';

const IMAGE = { pool: 'snapshots', image: 'rewind-memory' };
const OBJECT_BYTES = 4_096;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewind-memory-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Images are whole objects, as `rbd import` makes them. */
function store() {
  const kept = { bytes: Buffer.alloc(0) };
  const images = {
    async importFile(_image: object, path: string) {
      const bytes = await readFile(path);
      kept.bytes = Buffer.concat([bytes, Buffer.alloc(-bytes.length & (OBJECT_BYTES - 1))]);
    },
    exportFile: async (_image: object, path: string) => writeFile(path, kept.bytes),
  };
  return { kept, ...streamStore({ folder: join(folder, 'memory'), images: images as never }) };
}

async function saved(content: Buffer) {
  const one = store();
  const file = await one.open(IMAGE, content.length);
  await writeFile(file.path, content);
  const digest = await file.keep();
  await file.drop();
  return { ...one, saved: digest as SavedMemory };
}

test('memory comes back as long as it was, though its image is longer, and for nobody else to read', async () => {
  const content = Buffer.alloc(3 * OBJECT_BYTES + 5, 7);
  const one = await saved(content);
  expect(one.kept.bytes.length).toBe(4 * OBJECT_BYTES);
  const file = await one.fetch(IMAGE, one.saved);
  expect((await readFile(file.path)).equals(content)).toBe(true);
  expect((await stat(file.path)).mode & 0o777).toBe(0o600);
  await file.drop();
  expect(await readdir(join(folder, 'memory'))).toEqual([]);
});

test('memory that is not what was saved is refused, and nothing of it stays on the host', async () => {
  const one = await saved(Buffer.alloc(OBJECT_BYTES, 7));
  one.kept.bytes[5] = 8;
  await expect(one.fetch(IMAGE, one.saved)).rejects.toMatchObject({ code: 'vm-backup.memory.damaged' });
  expect(await readdir(join(folder, 'memory'))).toEqual([]);
});
