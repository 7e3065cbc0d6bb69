import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type BlankServer,
  bootBlankServer,
  dropBlankServer,
  dropVolume,
  volumeImage,
  writeImage,
} from '../../world/lab/blank-server.ts';
import { contentOf } from '../../world/lab/content.ts';
import { until } from '../../world/lab/lab.ts';
import { available, carryOut, type Installation, install, settled } from '../../world/lab/rewind.ts';
import {
  act,
  attach,
  createVolume,
  detach,
  logIn,
  must,
  showServer,
  showVolume,
  startServer,
  stopServer,
  type Tenant,
} from '../../world/lab/tenant.ts';

interface Shown {
  status: string;
  fail_reason: string | null;
  steps: { name: string; state: string }[];
}

const PREFIX = 'e2e2-given';
const ROOT_MIB = 16;
/** Drafts take long enough for what happens meanwhile. */
const SLOW = { REWIND_WORKER_MAX_BYTES_PER_SECOND: String(1024 ** 2) };

let demo: Tenant;
let other: Tenant;
let rewind: Installation;
let server: BlankServer;
let data: string;
let backup: string;

beforeAll(async () => {
  [demo, other] = await Promise.all([logIn('demo'), logIn('other')]);
  rewind = install();
  rewind.start('api');
  rewind.start('worker', SLOW);
  [server, data] = await Promise.all([
    bootBlankServer(demo, PREFIX, ROOT_MIB),
    createVolume(demo, `${PREFIX}-data`),
    rewind.ready(),
  ]);
  await writeImage(volumeImage(data), [{ at: 1, length: 1 }]);
  await attach(demo, server.id, data);
  backup = (await available(carryOut(rewind, demo, 'backup', { server_id: server.id }))).id;
});

afterAll(() => dropBlankServer(demo, server));
afterAll(async () => {
  for (const who of [demo, other]) await dropVolume(who, data);
});
afterAll(() => rewind?.end());

/** A restore in place that has been planned, and whose drafts are being filled. */
async function planned(): Promise<{ id: string; operation_id: string }> {
  const restore = { backup_id: backup, mode: 'in_place', server_id: server.id };
  const asked = await rewind.call<{ restore: { id: string; operation_id: string } }>(demo, 'POST', '/v1/restores', {
    restore,
  });
  if (asked.status !== 202) throw new Error(`Rewind answered ${asked.status}: ${JSON.stringify(asked.body)}`);
  const made = asked.body.restore;
  await until('the restore planned', 240_000, async () => {
    const { body } = await rewind.call<{ operation: Shown }>(demo, 'GET', `/v1/operations/${made.operation_id}`);
    const { steps, status, fail_reason: why } = body.operation;
    if (status !== 'running' && status !== 'queued') throw new Error(`the restore is ${status}: ${why}`);
    return steps.some((step) => step.name === 'plan-in-place' && step.state === 'done');
  });
  return made;
}

async function give(volume: string): Promise<void> {
  const { transfer } = await must<{ transfer: { id: string; auth_key: string } }>(
    demo.call('volume', 'POST', '/os-volume-transfer', { transfer: { volume_id: volume, name: PREFIX } }),
  );
  const accept = { auth_key: transfer.auth_key };
  await must(other.call('volume', 'POST', `/os-volume-transfer/${transfer.id}/accept`, { accept }));
}

describe('while a restore in place fills its drafts', () => {
  test('somebody locks the server with our words: it is his lock, and stays', async () => {
    const restore = await planned();
    await act(demo, server.id, { lock: { locked_reason: `vm-backup ${restore.operation_id}` } });
    expect(await settled(rewind, demo, 'restore', restore.id)).toMatchObject({
      status: 'error',
      fail_code: 'vm-backup.server.locked',
    });
    expect(await showServer(demo, server.id)).toMatchObject({ status: 'ACTIVE', locked: true });
    await act(demo, server.id, { unlock: null });
  });

  test("a volume is transferred to another project: it is its new owner's, with his data", async () => {
    // A guest without an operating system lets go of nothing while it runs.
    await stopServer(demo, server.id);
    await detach(demo, server.id, data);
    await startServer(demo, server.id);
    const restore = await planned();
    await give(data);
    await writeImage(volumeImage(data), [{ at: 2, length: 1 }]);
    const theirs = await contentOf(volumeImage(data));
    expect(await settled(rewind, demo, 'restore', restore.id)).toMatchObject({
      status: 'error',
      fail_code: 'vm-backup.volume.not-yours',
    });
    expect(await showVolume(other, data)).toMatchObject({ status: 'available', attachments: [] });
    expect(await contentOf(volumeImage(data))).toEqual(theirs);
    expect(await showServer(demo, server.id)).toMatchObject({ status: 'ACTIVE', locked: false });
  });
});
