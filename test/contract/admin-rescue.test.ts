import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createCeph } from '../../src/adapters/ceph/rbd-ceph.ts';
import { rootKeyFile } from '../../src/adapters/keys/root-key-file.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemIds } from '../../src/adapters/system/ids.ts';
import { DirectoryTarget } from '../../src/adapters/target/directory/directory-target.ts';
import { runObject } from '../../src/archive/format/layout.ts';
import { projectKeys } from '../../src/archive/keys/project-keys.ts';
import type { Manifest } from '../../src/archive/manifests/manifest.ts';
import { writeManifest } from '../../src/archive/manifests/manifests.ts';
import { type RunSummary, writeRun } from '../../src/archive/runs/write-run.ts';
import { rbd } from '../world/lab/lab.ts';

jest.setTimeout(180_000);

/** One command, a target, its key and `rbd`: real ones. No cloud, no database, no Redis is named. */
const run = promisify(execFile);
const MIB = 1024 ** 2;
const SIZE = 40 * MIB;
const POOL = 'backups';
const key = randomBytes(32);
const ceph = createCeph({ conf: '/etc/ceph/ceph.conf', user: 'rewind', opTimeoutSeconds: 30, stallSeconds: 60 });
const names = { projectId: randomUUID().replaceAll('-', ''), serverId: randomUUID(), diskId: randomUUID() };
const [first, second] = [randomUUID(), randomUUID()];
const images: string[] = [];
const anImage = (): string => {
  images.push(`rewind-rescue-${randomUUID()}`);
  return images.at(-1) ?? '';
};

let folder: string;
let hashes: string[];
let env: NodeJS.ProcessEnv;

const rescue = (...args: string[]) =>
  run('bin/rewind', ['admin', ...args], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
const hashOf = async (image: string, snap = '') => {
  const { stdout } = await run('bash', ['-c', `rbd export --no-progress ${POOL}/${image}${snap} - | sha256sum`]);
  return stdout.slice(0, 64);
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewind-rescue-'));
  const target = new DirectoryTarget('safe', join(folder, 'target'));
  await run('mkdir', [join(folder, 'target')]);
  writeFileSync(join(folder, 'key'), key.toString('hex'), { mode: 0o400 });
  writeFileSync(join(folder, 'target', 'rewind-target.json'), '{}');
  env = {
    PATH: process.env.PATH,
    REWIND_TARGETS: JSON.stringify([{ name: 'safe', type: 'directory', path: join(folder, 'target') }]),
    REWIND_ARCHIVE_MANIFEST_KEY_FILE: join(folder, 'key'),
    REWIND_ARCHIVE_ENCRYPTION_KEY_FILE: join(folder, 'root-keys'),
  };
  writeFileSync(join(folder, 'root-keys'), `a ${randomBytes(32).toString('hex')}\n`, { mode: 0o400 });
  const rootKeys = rootKeyFile(join(folder, 'root-keys'));
  const ring = projectKeys({ rootKeys, manifestKey: key, encrypt: true, ids: systemIds, clock: systemClock });
  const image = anImage();
  const content = Buffer.concat([randomBytes(7 * MIB), Buffer.alloc(SIZE - 7 * MIB)]);
  writeFileSync(join(folder, 'content'), content);
  await rbd('import', '--no-progress', join(folder, 'content'), `${POOL}/${image}`);
  const runs: RunSummary[] = [];
  hashes = [];
  for (const [nth, backupId] of [first, second].entries()) {
    const scattered = ['--io-pattern', 'rand', '--io-size', '64K', '--io-total', '2M'];
    if (nth > 0) await rbd('bench', '--io-type', 'write', ...scattered, `${POOL}/${image}`);
    const snap = `rewind-b-${backupId}`;
    await rbd('snap', 'create', '--no-progress', `${POOL}/${image}@${snap}`);
    const from = nth === 0 ? undefined : `rewind-b-${first}`;
    const signal = new AbortController().signal;
    const source = ceph.exportDiff({ pool: POOL, image }, snap, from, signal);
    const expected = { fromSnap: from ?? null, toSnap: snap };
    // A chain whose older part is in clear.
    const sealed = nth === 0 ? null : await ring.current(target, names.projectId);
    const object = runObject(names, backupId, 1);
    runs.unshift(await writeRun({ source, expect: expected, target, object, key: sealed, signal }));
    hashes.push(await hashOf(image, `@${snap}`));
    await writeManifest(target, manifestOf(backupId, snap, [...runs]), key);
  }
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  for (const image of images) {
    await run('rbd', ['snap', 'purge', '--no-progress', `${POOL}/${image}`]).catch(() => {});
    await run('rbd', ['rm', '--no-progress', `${POOL}/${image}`]).catch(() => {});
  }
});

test('tells what lies on the target', async () => {
  const listed = await rescue('points');
  expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining(first) });
  expect(listed.stdout).toContain(`disk ${names.diskId} (root, vda, ${SIZE} bytes), 2 runs`);
  expect((await rescue('points', '--server', randomUUID())).stdout).toBe('');
});

test('makes a new image of a disk, of an old backup and of a chain', async () => {
  for (const [nth, backupId] of [first, second].entries()) {
    const image = anImage();
    const done = await rescue('restore', backupId, '--disk', names.diskId, '--to', `${POOL}/${image}`);
    expect(done).toMatchObject({ code: 0, stderr: expect.stringContaining(`${POOL}/${image} is whole`) });
    expect(await hashOf(image)).toBe(hashes[nth]);
    expect((await run('rbd', ['snap', 'ls', `${POOL}/${image}`])).stdout).toBe('');
  }
});

test('streams what rbd import-diff takes', async () => {
  const image = anImage();
  await rbd('create', '--size', '1B', `${POOL}/${image}`);
  const from = spawn('bin/rewind', ['admin', 'restore', second, '--disk', names.diskId, '-'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const to = spawn('rbd', ['import-diff', '--no-progress', '-', `${POOL}/${image}`], {
    stdio: [from.stdout, 'inherit', 'inherit'],
  });
  const ends = await Promise.all([from, to].map((child) => new Promise((resolve) => child.on('exit', resolve))));
  expect(ends).toEqual([0, 0]);
  expect(await hashOf(image)).toBe(hashes[1]);
});

test('loses nothing of what a slow reader has not taken yet', async () => {
  const all = `bin/rewind admin restore ${first} --disk ${names.diskId} -`;
  const [slow, fast] = await Promise.all(
    ['sleep 5; sha256sum', 'sha256sum'].map((reader) => run('bash', ['-c', `${all} | (${reader})`], { env })),
  );
  expect(slow?.stdout).toBe(fast?.stdout);
  const file = join(folder, 'stream');
  await run('bash', ['-c', `${all} > ${file}; sha256sum < ${file}`], { env }).then(({ stdout }) =>
    expect(stdout).toBe(slow?.stdout),
  );
});

test('needs the root key for what is encrypted, and only for that', async () => {
  const without = { ...env };
  delete without.REWIND_ARCHIVE_ENCRYPTION_KEY_FILE;
  const stream = (backup: string) =>
    run('bash', ['-c', `bin/rewind admin restore ${backup} --disk ${names.diskId} - | sha256sum`], { env: without });
  expect((await stream(first)).stderr).not.toMatch(/key file/);
  expect((await stream(second)).stderr).toMatch(/no key file is configured/);
});

test('overwrites nothing, and leaves nothing when it fails', async () => {
  const image = anImage();
  const to = ['--disk', names.diskId, '--to', `${POOL}/${image}`];
  expect(await rescue('restore', randomUUID(), ...to)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/no backup/),
  });
  await run('truncate', ['-s', '-1', join(folder, 'target', runObject(names, second, 1))]);
  expect(await rescue('restore', second, ...to)).toMatchObject({ code: 1 });
  expect(await ceph.imageInfo({ pool: POOL, image })).toBeUndefined();
  await rbd('create', '--size', '1M', `${POOL}/${image}`);
  expect(await rescue('restore', first, ...to)).toMatchObject({ code: 1, stderr: expect.stringMatching(/already/) });
  expect(await rescue('restore', first, '--to', `${POOL}/x`)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/Which disk/),
  });
  writeFileSync(join(folder, 'other'), createHash('sha256').update(key).digest('hex'));
  env = { ...env, REWIND_ARCHIVE_MANIFEST_KEY_FILE: join(folder, 'other') };
  expect(await rescue('points')).toMatchObject({ code: 1, stderr: expect.stringMatching(/unreadable/) });
});

function manifestOf(id: string, snap: string, runs: RunSummary[]): Manifest {
  const [newest] = runs;
  const bytes = {
    size_bytes: SIZE,
    changed_bytes: newest?.changed_bytes ?? 0,
    stored_bytes: newest?.stored_bytes ?? 0,
  };
  const none = { metadata: {}, base_backup_id: null };
  return {
    format: 'rewind-manifest/1',
    backup: {
      ...{ id, project_id: names.projectId, user_id: 'u', server_id: names.serverId, server_name: 'lost', name: null },
      ...{ description: null, created_at: '2026-01-01T00:00:00.000Z', data_timestamp: '2026-01-01T00:00:00.000Z' },
      ...{ incremental: runs.length > 1, consistency: 'crash', paused_ms: null, ...none, ...bytes },
    },
    server: {},
    disks: [
      {
        ...{ id: names.diskId, kind: 'root', volume_id: null, device: 'vda', boot_index: 0, name: null },
        ...{ description: null, volume_type: null, availability_zone: null, bootable: true, full_reason: null },
        ...{ delete_on_termination: true, image_metadata: {}, image: { pool: 'vms', image: 'x' }, snap },
        ...{ incremental: runs.length > 1, ...none, ...bytes },
        runs: runs.map(({ object, footer_sha256, size_bytes, stored_bytes }) => ({
          ...{ object, footer_sha256, size_bytes, stored_bytes },
        })),
      },
    ],
    written_by: { rewind: 'test', ceph: 'test' },
  };
}
