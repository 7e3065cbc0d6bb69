import { expect, test } from '@jest/globals';
import { eraseKeys } from '../../../src/archive/keys/erase-keys.ts';
import { writeManifest } from '../../../src/archive/manifests/manifests.ts';
import { markErased } from '../../../src/cli/mark-erased.ts';
import { backupId, diskEntry, KEY, manifestOf, PROJECT, SERVER, store } from '../archive/support/backups.ts';
import { memoryErasures, ringOf, rootFile, rootLine } from '../archive/support/key-rings.ts';
import { MemoryTarget } from '../archive/support/memory-target.ts';
import { data } from '../archive/support/streams.ts';

/** In clear; encrypted; in clear again upon it; in clear and whole. */
async function scene() {
  const target = new MemoryTarget();
  const root = rootFile(rootLine('a', 1));
  const erasures = memoryErasures();
  const key = await ringOf(root.keys, true).current(target, PROJECT);
  const runs = [
    await store(target, 1, 1, null, 1000, [data(0, 'one')]),
    await store(target, 1, 2, 1, 1000, [data(0, 'two')], { key }),
    await store(target, 1, 3, 2, 1000, [data(0, 'three')]),
  ] as const;
  const whole = await store(target, 1, 4, null, 1000, [data(0, 'four')]);
  const chains = [[runs[0]], [runs[1], runs[0]], [runs[2], runs[1], runs[0]], [whole]];
  for (const [n, chain] of chains.entries())
    await writeManifest(target, manifestOf(n + 1, [diskEntry(1, n + 1, chain)]), KEY);
  const row = { project_id: PROJECT, server_id: SERVER, target: target.name, status: 'available' };
  const rows = chains.map((_, n) => ({ ...row, id: backupId(n + 1), fail_code: null }));
  const shared = {
    config: { archive: { encryption: { mode: 'required', keyFile: root.path } } },
    erasures,
    catalogue: {
      listBackups: async () => rows,
      updateBackup: async (id: string, change: object) => {
        Object.assign(rows.find((one) => one.id === id) ?? {}, change);
      },
    },
  } as never;
  const mark = () => markErased(shared, target, PROJECT, KEY);
  const erase = () => eraseKeys(target, PROJECT, KEY, '2026-01-01T00:00:00.000Z', erasures);
  return { rows, mark, erase };
}

test('every backup that needs an erased key says so, whichever of its runs it is, and no other', async () => {
  const { rows, mark, erase } = await scene();
  expect(await mark()).toBe(0);
  await erase();
  expect(await mark()).toBe(2);
  const bad = 'vm-backup.archive.key-erased';
  expect(rows.map((row) => row.fail_code)).toEqual([null, bad, bad, null]);
  expect(rows.map((row) => row.status)).toEqual(['available', 'error', 'error', 'available']);
  expect(await mark()).toBe(0);
});
