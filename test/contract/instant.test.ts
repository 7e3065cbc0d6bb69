import { execFile } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { inspect, promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { connectedCeph } from '../../src/adapters/ceph/connected-ceph.ts';
import { createCeph } from '../../src/adapters/ceph/rbd-ceph.ts';
import { migrate } from '../../src/adapters/sql/database/migrate.ts';
import { type Database, openDatabase } from '../../src/adapters/sql/database/open-database.ts';
import { sqlOperations } from '../../src/adapters/sql/operations/sql-operations.ts';
import { sqlServedDisks } from '../../src/adapters/sql/targets/sql-served-disks.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { DirectoryTarget } from '../../src/adapters/target/directory/directory-target.ts';
import type { ImageRef } from '../../src/domain/points/disk.ts';
import { diskPath, newToken, tokenHash } from '../../src/domain/targets/served-disk.ts';
import { refOf, store } from '../unit/archive/support/backups.ts';
import { applyRecords, data, zero } from '../unit/archive/support/streams.ts';
import { until } from '../world/lab/lab.ts';
import { FIRST_PORT, gatewayAt, type Installation, install } from '../world/lab/rewind.ts';
import { freshRef, MIB, POOL, SETTINGS } from './ceph-lab.ts';
import { anOperation } from './sql/examples.ts';

const run = promisify(execFile);
jest.setTimeout(240_000);

const KILLS = 5;
const ceph = createCeph(SETTINGS);
const port = FIRST_PORT + 60;

async function sha256Of({ pool, image }: ImageRef): Promise<string> {
  const args = ['--id', 'rewind', 'export', '--no-progress', `${pool}/${image}`, '-'];
  const { stdout } = await run('rbd', args, { encoding: 'buffer', maxBuffer: 512 * MIB });
  return createHash('sha256').update(stdout).digest('hex');
}

const isLab = process.env.REWIND_LAB === '1';
(isLab ? describe : describe.skip)('an image that reads from a gateway', () => {
  let rewind: Installation;
  let db: Database;
  let url: string;
  let door: number;
  const disk = { operation_id: '', disk_id: randomUUID(), sizeBytes: 200 * MIB };
  let content: Buffer;
  const made: ImageRef[] = [];
  const fresh = (): ImageRef => {
    const ref = freshRef();
    made.push(ref);
    return ref;
  };

  const answering = () =>
    until('the gateway answers', 60_000, async () => {
      const signal = AbortSignal.timeout(5_000);
      return (await fetch(url, { method: 'HEAD', signal }).catch(() => undefined))?.ok;
    });

  beforeAll(async () => {
    rewind = install(gatewayAt(port));
    db = openDatabase(rewind.env.REWIND_DATABASE_URL ?? '');
    await migrate(db);
    const operation = anOperation();
    await sqlOperations(db, systemClock).record({ operation, holds: [] });
    disk.operation_id = operation.id;
    const target = new DirectoryTarget('default', rewind.target);
    await target.put(
      'rewind-target.json',
      (async function* () {
        yield Buffer.from('{}');
      })(),
    );
    const changes = [
      [data(0, randomBytes(20 * MIB)), data(100 * MIB, randomBytes(30 * MIB))],
      [zero(5 * MIB, 3 * MIB), data(110 * MIB + 7, randomBytes(5 * MIB))],
    ];
    const runs = [];
    let image: Uint8Array = new Uint8Array(0);
    for (const [n, records] of changes.entries()) {
      runs.unshift(await store(target, 1, n, n === 0 ? null : n - 1, disk.sizeBytes, records));
      image = applyRecords(image, disk.sizeBytes, records);
    }
    content = Buffer.from(image);
    const token = newToken();
    await sqlServedDisks(db).open(tokenHash(token), {
      operation_id: disk.operation_id,
      disk_id: disk.disk_id,
      target: 'default',
      runs: runs.map(refOf),
      size_bytes: disk.sizeBytes,
      virtual_bytes: disk.sizeBytes,
    });
    url = `${rewind.env.REWIND_GATEWAY_PUBLIC_URL}${diskPath(token)}`;
    door = rewind.start('gateway').child.pid ?? 0;
    await answering();
  });
  afterAll(async () => {
    for (const ref of made) await ceph.abortMigration(ref).catch(() => {});
    for (const ref of made) await ceph.removeImage(ref).catch(() => {});
    await db?.destroy();
    await rewind?.end();
  });

  it('is the disk of the backup at once, and after it was completed; its holes stay holes', async () => {
    const [ref, renamed] = [fresh(), fresh()];
    expect(await ceph.migrationState(ref)).toBeUndefined();
    await ceph.prepareMigration(ref, { url, objectsInParallel: 2 });
    expect(await ceph.migrationState(ref)).toBe('prepared');
    await expect(ceph.prepareMigration(ref, { url, objectsInParallel: 2 })).rejects.toMatchObject({
      code: 'vm-backup.ceph.exists',
    });
    const expected = createHash('sha256').update(content).digest('hex');
    expect(await sha256Of(ref)).toBe(expected);
    await expect(ceph.removeImage(ref)).rejects.toMatchObject({ code: 'vm-backup.ceph.busy' });
    await ceph.renameImage(ref, renamed.image);
    const shares: number[] = [];
    const { signal } = new AbortController();
    await ceph.executeMigration(renamed, (share) => shares.push(share), signal);
    expect(shares.at(-1)).toBeGreaterThan(0.5);
    expect(await ceph.migrationState(renamed)).toBe('executed');
    await ceph.commitMigration(renamed);
    expect(await ceph.migrationState(renamed)).toBeUndefined();
    await expect(ceph.commitMigration(renamed)).rejects.toMatchObject({ code: 'vm-backup.ceph.invalid' });
    expect(await sha256Of(renamed)).toBe(expected);
    expect(await ceph.imageInfo(renamed)).toMatchObject({ sizeBytes: disk.sizeBytes, flags: [], parent: null });
    const { stdout } = await run('rbd', ['--id', 'rewind', 'du', '--format', 'json', `${POOL}/${renamed.image}`]);
    const [{ used_size: used }] = JSON.parse(stdout).images;
    expect(used).toBeLessThanOrEqual(60 * MIB);
    expect(
      (
        await run('rbd', ['--id', 'rewind', 'image-meta', 'ls', '--format', 'json', `${POOL}/${renamed.image}`])
      ).stdout.trim(),
    ).toMatch(/^(\{\}|)$/);
  });

  it('is the same when it was made by a process that stays connected, which tells nobody the address', async () => {
    const { ceph: connected, close } = connectedCeph({ ...SETTINGS, plainStreams: true });
    const [one, other, like] = [fresh(), fresh(), fresh()];
    const layout = ['--data-pool', 'backups', '--object-size', '1M', '--image-feature', 'layering,exclusive-lock'];
    await run('rbd', ['--id', 'rewind', 'create', '--size', '8M', ...layout, `${like.pool}/${like.image}`]);
    await ceph.prepareMigration(one, { url, objectsInParallel: 3, like });
    await connected.prepareMigration(other, { url, objectsInParallel: 3, like });
    for (const ref of [one, other]) {
      const { stdout } = await run('rbd', ['--id', 'rewind', 'info', '--format', 'json', `${ref.pool}/${ref.image}`]);
      const { data_pool, object_size, features } = JSON.parse(stdout);
      expect({ data_pool, object_size }).toEqual({ data_pool: 'backups', object_size: MIB });
      expect(features).not.toContain('fast-diff');
    }
    const seen = async (ref: ImageRef) => {
      const { id: _, createdAtMs: __, ...info } = (await connected.imageInfo(ref)) ?? {};
      const args = ['--id', 'rewind', 'config', 'image', 'get', `${ref.pool}/${ref.image}`];
      return { ...info, parallel: (await run('rbd', [...args, 'rbd_concurrent_management_ops'])).stdout.trim() };
    };
    expect(await seen(other)).toEqual(await seen(one));
    expect(await connected.imageInfo(other)).toEqual(await ceph.imageInfo(other));
    expect((await seen(other)).parallel).toBe('3');
    expect(await sha256Of(other)).toBe(createHash('sha256').update(content).digest('hex'));
    const exists = { code: 'vm-backup.ceph.exists' };
    await expect(connected.prepareMigration(other, { url, objectsInParallel: 3 })).rejects.toMatchObject(exists);
    const wrong = url.replace(/[^/]+$/, newToken());
    const refused = await connected
      .prepareMigration(fresh(), { url: wrong, objectsInParallel: 3 })
      .catch((error) => error);
    expect(refused).toMatchObject({ fault: 'errored' });
    expect(inspect(refused, { depth: 10 })).not.toContain(wrong.split('/').at(-1));
    await close();
  });

  it('is gone after an abort, and an abort of nothing is fine', async () => {
    const ref = fresh();
    await ceph.prepareMigration(ref, { url, objectsInParallel: 2 });
    await ceph.abortMigration(ref);
    expect(await ceph.imageInfo(ref)).toBeUndefined();
    await ceph.abortMigration(ref);
    await ceph.createImage(ref, MIB);
    await ceph.abortMigration(ref);
    expect(await ceph.imageInfo(ref)).toBeDefined();
  });

  it('keeps its readers while the gateway is killed again and again: no error, no wrong byte', async () => {
    const ref = fresh();
    await ceph.prepareMigration(ref, { url, objectsInParallel: 2 });
    const expected = createHash('sha256').update(content).digest('hex');
    let killing = true;
    const kills = (async () => {
      for (let kill = 0; kill < KILLS; kill += 1) {
        await answering();
        await systemClock.sleep(100 + 150 * kill);
        const { stdout } = await run('pgrep', ['-P', String(door)]);
        for (const pid of stdout.split('\n').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
      }
      await answering();
      killing = false;
    })();
    // Again and again: the image keeps nothing of what is only read.
    let reads = 0;
    for (; killing || reads < 2; reads += 1) expect(await sha256Of(ref)).toBe(expected);
    await kills;
    console.log(`read ${reads} times while the gateway was killed ${KILLS} times`);
  });

  it('refuses what it does not serve with an error, never with a hole', async () => {
    const ref = fresh();
    const wrong = url.replace(/[^/]+$/, newToken());
    await expect(ceph.prepareMigration(ref, { url: wrong, objectsInParallel: 2 })).rejects.toMatchObject({
      fault: 'errored',
    });
  });
});
