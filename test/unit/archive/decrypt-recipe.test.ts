import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';
import { PROJECT, store } from './support/backups.ts';
import { ringOf, rootFile, rootLine } from './support/key-rings.ts';
import { MemoryTarget } from './support/memory-target.ts';
import { stockStream } from './support/stock-tools.ts';
import { data, zero } from './support/streams.ts';

const MIB = 1024 * 1024;
const RECIPE = /```js\n(.*?)```/s;

it('is read by the recipe that docs/format.md prints, without Rewind', async () => {
  const root = rootFile(rootLine('2025', 1), rootLine('2026', 2));
  const folder = mkdtempSync(join(tmpdir(), 'rewind-recipe-'));
  const target = new MemoryTarget();
  const changes = [
    ...Array.from({ length: 6000 }, (_, n) => data(n * 8192, Buffer.alloc(512, n))),
    zero(50 * MIB, MIB),
    data(52 * MIB, Buffer.alloc(9 * MIB, 'x')),
  ];
  const key = await ringOf(root.keys).current(target, PROJECT);
  const sealed = await store(target, 1, 2, 1, 64 * MIB, changes, { key });
  const plain = await store(target, 2, 2, 1, 64 * MIB, changes);
  expect(sealed.frames).toBeGreaterThan(3);
  for (const [name, bytes] of target.objects) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  const recipe = RECIPE.exec(readFileSync('docs/format.md', 'utf8'))?.[1] ?? '';
  writeFileSync(join(folder, 'decrypt-run.mjs'), recipe);
  const stream = execFileSync(process.execPath, [join(folder, 'decrypt-run.mjs'), folder, sealed.object, root.path], {
    maxBuffer: 64 * MIB,
  });
  expect(stream.equals(stockStream(target.objects.get(plain.object)!))).toBe(true);
  rmSync(folder, { recursive: true });
});
