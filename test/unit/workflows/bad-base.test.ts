import { expect, test } from '@jest/globals';
import { writeManifest } from '../../../src/archive/manifests/manifests.ts';
import { RewindError } from '../../../src/domain/errors.ts';
import type { StepContext } from '../../../src/workflow-engine/step.ts';
import { lookAtBases } from '../../../src/workflows/lookups/look-at-bases.ts';
import { markNeeding } from '../../../src/workflows/steps/backup/mark-bad.ts';
import type { World } from '../../../src/workflows/world.ts';
import { silentLog } from '../../world/silent-log.ts';
import { backupId, diskEntry, KEY, manifestOf, PROJECT, SERVER, store } from '../archive/support/backups.ts';
import { MemoryTarget } from '../archive/support/memory-target.ts';
import { data } from '../archive/support/streams.ts';

const [BASE, COMING] = [1, 2];
const BAD = new RewindError('archive.damaged', 'Bad.');

/** A backup whose run is bad, and one on top of it that is being made while that is found out. */
async function scene() {
  const target = new MemoryTarget();
  const run = await store(target, 1, BASE, null, 8192, [data(0, 'x')]);
  await writeManifest(target, manifestOf(BASE, [diskEntry(1, BASE, [run])]), KEY);
  const rows = [COMING, BASE].map((n) => ({
    ...{ id: backupId(n), project_id: PROJECT, server_id: SERVER, target: 'memory', fail_reason: null },
    ...{ status: n === BASE ? 'available' : 'creating', fail_code: null as string | null },
  }));
  const hooks = { marked: async () => {} };
  const world = {
    targets: { get: () => target },
    manifestKey: KEY,
    catalogue: {
      backupsOfServer: async () => structuredClone(rows),
      updateBackup: async (id: string, change: object) => {
        Object.assign(rows.find((row) => row.id === id)!, change);
        await hooks.marked();
      },
    },
  } as unknown as World;
  const describeComing = async () => {
    hooks.marked = async () => {};
    const newer = await store(target, 1, COMING, BASE, 8192, [data(1, 'y')]);
    await writeManifest(target, manifestOf(COMING, [diskEntry(1, COMING, [newer, run])]), KEY);
  };
  const place = { projectId: PROJECT, serverId: SERVER, target: 'memory' };
  const find = () => markNeeding(world, place, run.object, BAD, { log: silentLog });
  const context = { world, operation: { project_id: PROJECT }, log: silentLog } as unknown as StepContext<World>;
  const look = () => lookAtBases.act(context, { serverId: SERVER, baseIds: [backupId(BASE)] });
  const coming = rows[0]!;
  return { hooks, describeComing, find, look, coming, rows };
}

test('a backup whose base is found bad before its manifest is there ends as bad', async () => {
  const { find, describeComing, look } = await scene();
  await find();
  await describeComing();
  expect(await look()).toMatchObject({ fail_code: BAD.code });
});

test('one whose manifest is there is marked while it is still being made', async () => {
  const { find, describeComing, look, coming } = await scene();
  await describeComing();
  expect(await look()).toBeNull();
  await find();
  expect(coming).toMatchObject({ status: 'creating', fail_code: BAD.code });
});

test('nor does one escape whose manifest is written, and whose base is looked at, while others are being marked', async () => {
  const { hooks, find, describeComing, coming } = await scene();
  hooks.marked = describeComing;
  await find();
  expect(coming).toMatchObject({ status: 'creating', fail_code: BAD.code });
});

test('a backup on another target stays as it is: its runs are others', async () => {
  const { find, rows } = await scene();
  rows.push({ ...rows[1]!, id: backupId(3), target: 'other' });
  await find();
  expect(rows.map(({ status }) => status)).toEqual(['creating', 'error', 'available']);
});
