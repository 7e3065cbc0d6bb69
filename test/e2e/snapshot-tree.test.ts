import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type BlankServer,
  bootBlankServer,
  dropBlankServer,
  dropVolumesNamed,
  volumeImage,
  writeImage,
} from '../world/lab/blank-server.ts';
import { contentOf } from '../world/lab/content.ts';
import { rbdJson } from '../world/lab/lab.ts';
import { available, carryOut, type Installation, install } from '../world/lab/rewind.ts';
import { dropSnapshot, dropSnapshots, revertTo, snapshotTree, takeSnapshot } from '../world/lab/snapshots.ts';
import {
  attach,
  createVolume,
  deleteVolume,
  detach,
  logIn,
  must,
  serverIs,
  showVolume,
  startServer,
  stopServer,
  type Tenant,
} from '../world/lab/tenant.ts';

/**
 * A tree of six snapshots with two branches. The disk it boots from (1 GiB) is rolled back, the other one (2 GiB) is
 * replaced by a clone, so that both ways are gone at every revert.
 */
const PREFIX = 'e2e-tree';
let demo: Tenant;
let rewind: Installation;
let server: BlankServer;
let data: string;
const snapshots: Record<string, { id: string; content: string[] }> = {};
const backups: { id: string; content: string[] }[] = [];

const images = () => [volumeImage(server.volume), volumeImage(data)];
const content = () => Promise.all(images().map(contentOf));

let written = 0;
/** Something new on both disks, at places that overlap what was there. */
async function write(): Promise<void> {
  written += 1;
  for (const image of images()) await writeImage(image, [{ at: 8 + 3 * (written % 7), length: 4 }]);
}

async function snap(name: string): Promise<void> {
  await write();
  const now = await content();
  snapshots[name] = { id: await takeSnapshot(rewind, demo, server.id, name), content: now };
}

async function backUp(): Promise<void> {
  const now = await content();
  backups.push({ id: (await available(carryOut(rewind, demo, 'backup', { server_id: server.id }))).id, content: now });
}

async function revert(name: string): Promise<void> {
  await revertTo(rewind, demo, snapshots[name]?.id ?? '');
  expect(await content()).toEqual(snapshots[name]?.content);
  expect((await snapshotTree(rewind, demo, server.id)).current_snapshot_id).toBe(snapshots[name]?.id);
}

beforeAll(async () => {
  demo = await logIn('demo');
  rewind = install({
    REWIND_RESTORE_SAFETY_HOURS: '1',
    REWIND_RESTORE_ROLLBACK_MAX_GIB: '1',
    REWIND_RESTORE_USE_TRASH: 'true',
  });
  rewind.start('all');
  await rewind.ready();
  server = await bootBlankServer(demo, PREFIX, 8);
  data = await createVolume(demo, PREFIX, 2);
  await attach(demo, server.id, data);
  await stopServer(demo, server.id);
});

afterAll(() => dropSnapshots(rewind, demo, server.id));
afterAll(() => dropBlankServer(demo, server));
afterAll(() => dropVolumesNamed(demo, PREFIX));
afterAll(() => rewind.end());

describe('a tree of snapshots', () => {
  test('grows two branches, with backups before and between', async () => {
    await write();
    await backUp();
    await snap('1');
    await snap('2');
    await write();
    await backUp();
    await snap('3');
    await revert('1');
    await snap('4');
    await snap('5');
    await revert('2');
    await snap('6');
    const { nodes } = await snapshotTree(rewind, demo, server.id);
    const named = new Map(nodes.map((node) => [node.id, node.name]));
    const parents = nodes.filter((node) => !node.safety).map((node) => [node.name, named.get(node.parent_id ?? '')]);
    expect(Object.fromEntries(parents)).toEqual({ 1: undefined, 2: '1', 3: '2', 4: '1', 5: '4', 6: '2' });
    expect(nodes.filter((node) => node.safety)).toHaveLength(2);
  });

  test('every node can be reverted to, and back again', async () => {
    for (const name of ['5', '3', '6', '1', '4', '2']) await revert(name);
  });

  test('what was there before a revert is in its safety snapshot', async () => {
    await write();
    const before = await content();
    const known = new Set((await snapshotTree(rewind, demo, server.id)).nodes.map((node) => node.id));
    await revert('3');
    const safety = (await snapshotTree(rewind, demo, server.id)).nodes.find((node) => !known.has(node.id));
    expect(safety).toMatchObject({ safety: true, status: 'available', parent_id: snapshots['2']?.id });
    await revertTo(rewind, demo, safety?.id ?? '');
    expect(await content()).toEqual(before);
  });

  test('a server that runs is stopped for it and runs again', async () => {
    await startServer(demo, server.id);
    await revert('6');
    await serverIs(demo, server.id, 'ACTIVE');
    await stopServer(demo, server.id);
  });

  test('the backups before, between and after are whole', async () => {
    await backUp();
    await write();
    await backUp();
    // The disk that was rolled back kept its base; the one that was replaced says why it is read in whole.
    const { disks } = (
      await must<{ backup: { disks: { id: string; incremental: boolean }[] } }>(
        rewind.call(demo, 'GET', `/v1/backups/${backups.at(-1)?.id}`),
      )
    ).backup;
    expect(disks.map((disk) => disk.incremental)).toEqual([true, true]);
    for (const backup of backups) {
      const restore = await available(
        carryOut(rewind, demo, 'restore', { backup_id: backup.id, mode: 'volumes', name: PREFIX }),
      );
      const made = restore.volumes as { disk_id: string; volume_id: string }[];
      const order = [server.volume, data].map((id) => made.find((one) => one.disk_id === id)?.volume_id ?? '');
      expect(await Promise.all(order.map((id) => contentOf(volumeImage(id))))).toEqual(backup.content);
      for (const { volume_id } of made) await deleteVolume(demo, volume_id);
    }
  });

  test('a snapshot comes back as new volumes', async () => {
    const restore = await available(
      carryOut(rewind, demo, 'restore', { snapshot_id: snapshots['5']?.id, mode: 'volumes', name: PREFIX }),
    );
    const made = restore.volumes as { disk_id: string; volume_id: string }[];
    const order = [server.volume, data].map((id) => made.find((one) => one.disk_id === id)?.volume_id ?? '');
    expect(await Promise.all(order.map((id) => contentOf(volumeImage(id))))).toEqual(snapshots['5']?.content);
    for (const id of order) {
      expect((await rbdJson<{ parent?: object }>('info', volumeImage(id))).parent).toBeUndefined();
      await deleteVolume(demo, id);
    }
  });

  test('a volume that Cinder deleted comes back out of the trash', async () => {
    await detach(demo, server.id, data);
    await deleteVolume(demo, data);
    const plan = await rewind.call<{ restore: { plan: { disks: { action: string }[] } } }>(
      demo,
      'POST',
      '/v1/restores',
      {
        restore: { snapshot_id: snapshots['4']?.id, mode: 'in_place', dry_run: true },
      },
    );
    expect(plan.body.restore.plan.disks.map((disk) => disk.action)).toContain('create_volume_and_attach');
    const restore = await revertTo(rewind, demo, snapshots['4']?.id ?? '');
    const made = restore.volumes as { disk_id: string; volume_id: string }[];
    data = made.find((one) => one.disk_id === data)?.volume_id ?? '';
    expect(await content()).toEqual(snapshots['4']?.content);
    expect((await showVolume(demo, data))?.status).toBe('in-use');
  });

  test('a backup of it takes what is still in the trash, without the target', async () => {
    await backUp();
    await detach(demo, server.id, data);
    await deleteVolume(demo, data);
    // Only the manifest is read: the runs are gone.
    const runs = readdirSync(rewind.target, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\/runs\/./.test(name),
    );
    for (const run of runs) rmSync(join(rewind.target, run));
    const restore = await available(
      carryOut(rewind, demo, 'restore', { backup_id: backups.at(-1)?.id, mode: 'in_place', disks: [data] }),
    );
    const made = restore.volumes as { disk_id: string; volume_id: string }[];
    data = made.find((one) => one.disk_id === data)?.volume_id ?? '';
    expect(await content()).toEqual(backups.at(-1)?.content);
  });

  test('any node can be deleted: the rest stay whole, and with the last one everything is gone', async () => {
    await dropSnapshot(rewind, demo, snapshots['2']?.id ?? '');
    const { nodes } = await snapshotTree(rewind, demo, server.id);
    for (const name of ['3', '6']) expect(nodes.find((node) => node.name === name)?.parent_id).toBe(snapshots['1']?.id);
    await revertTo(rewind, demo, snapshots['3']?.id ?? '', { disks: [server.volume] });
    expect(await contentOf(volumeImage(server.volume))).toBe(snapshots['3']?.content[0]);
    await dropSnapshots(rewind, demo, server.id);
    for (const image of images()) {
      const snaps = await rbdJson<{ name: string }[]>('snap', 'ls', image);
      expect(snaps.filter((one) => one.name.startsWith('rewind-s-'))).toEqual([]);
    }
    const operations = await rewind.call<{ operations: { id: string }[] }>(demo, 'GET', '/v1/operations?limit=1000');
    const left = (await rbdJson<string[]>('ls', 'volumes')).filter((image) =>
      operations.body.operations.some(({ id }) => image.includes(id)),
    );
    expect(left).toEqual([]);
  });
});
