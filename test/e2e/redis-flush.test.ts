import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OwnRedis } from '../contract/redis-server.ts';
import {
  type BlankServer,
  bootBlankServer,
  dropBlankServer,
  dropVolumesNamed,
  volumeImage,
} from '../world/lab/blank-server.ts';
import { contentOf } from '../world/lab/content.ts';
import { until } from '../world/lab/lab.ts';
import { filesBelow } from '../world/lab/leftovers.ts';
import { available, carryOut, type Installation, install, type RunningProcess, settled } from '../world/lab/rewind.ts';
import { logIn, type Tenant } from '../world/lab/tenant.ts';

const DATA_MIB = 8;
/** Slow enough that a backup can be met in its middle. */
const WORKER = { REWIND_WORKER_MAX_BYTES_PER_SECOND: String(1024 ** 2), REWIND_WORKER_LEASE_SECONDS: '8' };

let demo: Tenant;
let redis: OwnRedis;
let rewind: Installation;
let worker: RunningProcess;
let server: BlankServer;
let spare: BlankServer;

beforeAll(async () => {
  [demo, redis] = await Promise.all([logIn('demo'), OwnRedis.start()]);
  // Redis of the test's own: all its databases are flushed, and it is taken away.
  rewind = install({ REWIND_REDIS_URL: redis.url });
  rewind.start('api');
  worker = rewind.start('worker', WORKER);
  [server, spare] = await Promise.all([
    bootBlankServer(demo, 'e2e2-redis', DATA_MIB),
    bootBlankServer(demo, 'e2e2-redis-spare', 1),
    rewind.ready(),
  ]);
});

afterAll(() => dropBlankServer(demo, server));
afterAll(() => dropBlankServer(demo, spare));
afterAll(() => dropVolumesNamed(demo, 'e2e2-redis'));
afterAll(() => rewind.end());
afterAll(() => redis.remove());

type Kind = 'backup' | 'restore';

async function begin(kind: Kind, body: Record<string, unknown>): Promise<{ id: string; operation_id: string }> {
  const asked = await rewind.call<Record<string, { id: string; operation_id: string }>>(demo, 'POST', `/v1/${kind}s`, {
    [kind]: body,
  });
  expect([asked.status, asked.body]).toEqual([202, expect.anything()]);
  return asked.body[kind] as { id: string; operation_id: string };
}

interface Seen {
  status: string;
  bytes_done: number;
}

/** Data of it has been moved, and it is not at its end. */
const inTheMiddle = (operationId: string): Promise<Seen> =>
  until(`operation ${operationId} in its middle`, 60_000, async () => {
    const { body } = await rewind.call<{ operation: Seen }>(demo, 'GET', `/v1/operations/${operationId}`);
    expect(['queued', 'running']).toContain(body.operation.status);
    return body.operation.bytes_done > 0 && body.operation;
  });

const flush = () => redis.ask((connection) => connection.flushall());
const endedWell = (kind: Kind, id: string) => available(settled(rewind, demo, kind, id));
const snapOf = (backup: string) => `${volumeImage(server.volume)}@rewind-b-${backup}`;

async function restoredContent(restore: Record<string, unknown>): Promise<string> {
  const [made] = restore.volumes as { volume_id: string }[];
  return contentOf(volumeImage(made?.volume_id ?? ''));
}

describe('when Redis forgets everything', () => {
  let backup: string;

  test('a backup under way ends well', async () => {
    const asked = await begin('backup', { server_id: server.id });
    await inTheMiddle(asked.operation_id);
    await flush();
    await endedWell('backup', asked.id);
    backup = asked.id;
  });

  test('a restore under way ends well, and what it restored is what was backed up', async () => {
    const asked = await begin('restore', { backup_id: backup, mode: 'volumes', name: 'e2e2-redis-back' });
    await inTheMiddle(asked.operation_id);
    await flush();
    expect(await restoredContent(await endedWell('restore', asked.id))).toBe(await contentOf(snapOf(backup)));
  });

  test('a request that no worker has taken yet is not forgotten', async () => {
    await worker.stop();
    const asked = await begin('backup', { server_id: spare.id });
    await flush();
    worker = rewind.start('worker', WORKER);
    await endedWell('backup', asked.id);
  });
});

describe('when Redis is away', () => {
  test('requests are refused with 503 and leave nothing; what runs goes on; afterwards all is as before', async () => {
    const running = await begin('backup', { server_id: server.id, incremental: false });
    await inTheMiddle(running.operation_id);
    const look = async () => ({
      backups: ((await rewind.call(demo, 'GET', '/v1/backups')).body.backups as { id: string }[]).map((one) => one.id),
      restores: ((await rewind.call(demo, 'GET', '/v1/restores')).body.restores as { id: string }[]).map(
        (one) => one.id,
      ),
      operations: ((await rewind.call(demo, 'GET', '/v1/operations')).body.operations as { id: string }[]).map(
        (one) => one.id,
      ),
    });
    const before = await look();
    const known = before.backups.find((id) => id !== running.id) ?? '';
    await redis.kill();
    try {
      for (const [method, path, body] of [
        ['POST', '/v1/backups', { backup: { server_id: spare.id } }],
        ['DELETE', `/v1/backups/${known}`, undefined],
        ['POST', `/v1/backups/${known}/verify`, undefined],
      ] as const) {
        const {
          status,
          body: answer,
          headers,
        } = await rewind.call<{ errors: { code: string }[] }>(demo, method, path, body);
        expect([path, status, answer.errors[0]?.code]).toEqual([path, 503, 'vm-backup.queue.unavailable']);
        expect(headers.get('retry-after')).toBeTruthy();
      }
      expect((await fetch(`${rewind.url}/healthcheck`)).status).toBe(503);
      expect(await look()).toEqual(before);
      const shown = await rewind.call<{ backup: { status: string } }>(demo, 'GET', `/v1/backups/${known}`);
      expect(shown.body.backup.status).toBe('available');
      await endedWell('backup', running.id);
    } finally {
      await redis.start();
    }
    await rewind.ready();
    await available(carryOut(rewind, demo, 'backup', { server_id: spare.id }));
  });
});

describe('when a worker is told to go', () => {
  test('in the middle of a backup, another one continues, and nothing of the first attempt stays', async () => {
    const before = filesBelow(rewind.target);
    const asked = await begin('backup', { server_id: server.id, incremental: false });
    const first = await inTheMiddle(asked.operation_id);
    const next = rewind.start('worker', { ...WORKER, REWIND_WORKER_MAX_BYTES_PER_SECOND: '0' });
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe('0');
    worker = next;
    expect(first.status).toBe('running');
    await endedWell('backup', asked.id);
    const fresh = filesBelow(rewind.target).filter((file) => !before.includes(file));
    expect(fresh.filter((file) => file.includes('/runs/'))).toHaveLength(1);
    const restore = await available(
      carryOut(rewind, demo, 'restore', { backup_id: asked.id, mode: 'volumes', name: 'e2e2-redis-back' }),
    );
    expect(await restoredContent(restore)).toBe(await contentOf(snapOf(asked.id)));
  });

  test('in the middle of a restore, another one continues', async () => {
    const backups = await rewind.call<{ backups: { id: string; server_id: string }[] }>(
      demo,
      'GET',
      `/v1/backups?server_id=${server.id}&limit=1`,
    );
    const backup = backups.body.backups[0]?.id ?? '';
    await worker.stop();
    worker = rewind.start('worker', WORKER);
    const asked = await begin('restore', { backup_id: backup, mode: 'volumes', name: 'e2e2-redis-back' });
    await inTheMiddle(asked.operation_id);
    const next = rewind.start('worker', { ...WORKER, REWIND_WORKER_MAX_BYTES_PER_SECOND: '0' });
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe('0');
    worker = next;
    expect(await restoredContent(await endedWell('restore', asked.id))).toBe(await contentOf(snapOf(backup)));
  });
});
