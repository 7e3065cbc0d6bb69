import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const RULES = '.dependency-cruiser.cjs';

/** A house with the rooms of ours, empty. */
let house: string;
beforeEach(async () => {
  house = await mkdtemp(join(tmpdir(), 'rewind-house-'));
  await cp(RULES, join(house, RULES));
  const rooms = await readdir('src', { withFileTypes: true });
  for (const room of rooms) if (room.isDirectory()) await mkdir(join(house, 'src', room.name), { recursive: true });
});
afterEach(() => rm(house, { recursive: true }));

async function put(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(house, dirname(path)), { recursive: true });
    await writeFile(join(house, path), text);
  }
}

const CRUISE = [
  resolve('node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
  ...['--config', RULES, '--output-type', 'err', 'src'],
];
const READ = ['--eval', `require('./${RULES}')`];

/** What is said of the house. */
const verdict = (args: string[]) =>
  new Promise<string>((done) => {
    execFile(process.execPath, args, { cwd: house }, (_error, stdout, stderr) => done(stdout + stderr));
  });

test('an adapter that nobody named is watched, and so is every room that may not touch the world', async () => {
  await put({
    'src/archive/layout.ts': 'export const here = 1;\n',
    'src/wiring/release.ts': 'export const release = 1;\n',
    'src/adapters/novel/bucket.ts': "import { here } from '../../archive/layout.ts';\nexport const there = here;\n",
    'src/telemetry/spool.ts': "import { rmSync } from 'node:fs';\nexport const gone = rmSync;\n",
    'src/api/backups/ask.ts': "import { release } from '../../wiring/release.ts';\nexport const asked = release;\n",
  });
  const said = await verdict(CRUISE);
  expect(
    [...said.matchAll(/error ([\w-]+):/g)].map(([, rule]) => rule).sort((a = '', b = '') => (a < b ? -1 : 1)),
  ).toEqual(['adapter-novel-stands-alone', 'api-looks-inwards', 'effects-live-in-adapters', 'nobody-imports-wiring']);
});

test('a folder of src that no rule names, and a rule for a folder that is gone, are refused', async () => {
  expect(await verdict(READ)).toBe('');
  await put({ 'src/attic/box.ts': 'export const box = 1;\n' });
  expect(await verdict(READ)).toContain('what these folders of src may import: attic');
  await rm(join(house, 'src/attic'), { recursive: true });
  await rm(join(house, 'src/rbd-diff'), { recursive: true });
  expect(await verdict(READ)).toContain('not there: rbd-diff');
});
