import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type BlankServer,
  bootBlankServer,
  dropBlankServer,
  dropVolumesNamed,
  volumeImage,
} from '../../world/lab/blank-server.ts';
import { contentOf } from '../../world/lab/content.ts';
import { rbd, rbdJson, until } from '../../world/lab/lab.ts';
import { type Installation, install, settled } from '../../world/lab/rewind.ts';
import { dropSnapshots, takeSnapshot } from '../../world/lab/snapshots.ts';
import {
  attach,
  createVolume,
  detach,
  logIn,
  must,
  serverIs,
  showServer,
  startServer,
  stopServer,
  type Tenant,
} from '../../world/lab/tenant.ts';

/** The time from asking for a revert to a running server must not grow with the disk: 100 GiB against 1 GiB. */
const PREFIX = 'e2e-large';
const ROUNDS = 3;
let demo: Tenant;
let rewind: Installation;
let server: BlankServer;

beforeAll(async () => {
  demo = await logIn('demo');
  rewind = install({ REWIND_RESTORE_SAFETY_HOURS: '1', REWIND_RESTORE_ROLLBACK_MAX_GIB: '50' });
  rewind.start('all');
  await rewind.ready();
  server = await bootBlankServer(demo, PREFIX, 4);
  await stop();
});

afterAll(() => dropSnapshots(rewind, demo, server.id));
afterAll(() => dropBlankServer(demo, server));
afterAll(() => dropVolumesNamed(demo, PREFIX));
afterAll(() => rewind.end());

const stop = () => stopServer(demo, server.id);

/** As a client without a lock would write: the guest has nobody in it who does. */
const fill = (volume: string, size: string) =>
  rbd('bench', '--io-type', 'write', '--io-size', '4M', '--io-total', size, '--io-threads', '4', volumeImage(volume));

/** Milliseconds until the server runs again, and until the operation is done. */
async function timedRevert(snapshot: string): Promise<{ runningMs: number; doneMs: number }> {
  const began = performance.now();
  const { restore } = await must<{ restore: { id: string } }>(
    rewind.call(demo, 'POST', '/v1/restores', { restore: { snapshot_id: snapshot, mode: 'in_place' } }),
  );
  await until('the server stopped', 60_000, async () => (await showServer(demo, server.id)).status === 'SHUTOFF');
  await serverIs(demo, server.id, 'ACTIVE');
  const runningMs = performance.now() - began;
  expect(await settled(rewind, demo, 'restore', restore.id)).toMatchObject({ status: 'available', fail_reason: null });
  return { runningMs, doneMs: performance.now() - began };
}

/** A data disk of this size with so much in it, reverted from something else: the median, and whether it came back. */
async function reverts(sizeGiB: number, data: string): Promise<number> {
  const volume = await createVolume(demo, PREFIX, sizeGiB);
  await fill(volume, data);
  const digest = () => (sizeGiB > 10 ? 'too large to read' : contentOf(volumeImage(volume)));
  const wanted = await digest();
  await attach(demo, server.id, volume);
  await startServer(demo, server.id);
  const snapshot = await takeSnapshot(rewind, demo, server.id, `${sizeGiB}`);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { runningMs, doneMs } = await timedRevert(snapshot);
    console.log(`${sizeGiB} GiB: running after ${Math.round(runningMs)} ms, done after ${Math.round(doneMs)} ms`);
    times.push(runningMs);
    expect(await digest()).toEqual(wanted);
    const info = await rbdJson<{ size: number; parent?: object }>('info', volumeImage(volume));
    expect([info.size, info.parent]).toEqual([sizeGiB * 1024 ** 3, undefined]);
  }
  await dropSnapshots(rewind, demo, server.id);
  // Nobody in it would let go of a disk while it runs.
  await stop();
  await detach(demo, server.id, volume);
  return times.toSorted((a, b) => a - b)[1] ?? 0;
}

test('a disk of 100 GiB with 2 GiB in it is back about as soon as one of 1 GiB', async () => {
  const small = await reverts(1, '64M');
  const large = await reverts(100, '2G');
  console.log(`time to running, 100 GiB against 1 GiB: ${(large / small).toFixed(2)}`);
  // About 1 on a quiet machine, which is the aim; a rollback of 100 GiB would be many times as slow.
  expect(large / small).toBeLessThan(3);
});
