/**
 * How long an empty installation takes to learn all that lies on a target: bench/import-target.ts [points, 100000].
 * The manifests are sealed and as large as those of a server with two disks and chains of up to 30 runs; the runs are
 * files of one byte, as only their sizes are looked at. SQLite, a directory target, the real command.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { manifestObject, runObject } from '../src/archive/format/layout.ts';
import { type Manifest, sealManifest } from '../src/archive/manifests/manifest.ts';

const POINTS = Number(process.argv[2] ?? 100_000);
const PER_SERVER = 100;
const CHAIN = 30;
const SIZE = 10 * 1024 ** 3;
const SHA = 'a'.repeat(64);
const key = randomBytes(32);
const folder = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), 'rewind-import-'));
const target = join(folder, 'target');

function put(object: string, bytes: Uint8Array | string): void {
  const path = join(target, object);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

type Run = Manifest['disks'][number]['runs'][number];

function describe(ids: { projectId: string; serverId: string; backupId: string }, chains: Run[][]): Manifest {
  const at = '2026-01-01T00:00:00.000Z';
  const bytes = { size_bytes: SIZE, changed_bytes: 1, stored_bytes: 1 };
  return {
    format: 'rewind-manifest/1',
    backup: {
      ...{ id: ids.backupId, project_id: ids.projectId, user_id: 'u', server_id: ids.serverId, server_name: 'bench' },
      ...{ name: 'nightly', description: null, created_at: at, data_timestamp: at, incremental: true },
      ...{ base_backup_id: null, consistency: 'crash', paused_ms: 300, metadata: {}, ...bytes },
    },
    server: { server: { id: ids.serverId, user_data: randomBytes(600).toString('base64') } },
    disks: chains.map((runs, nth) => ({
      ...{ id: ids.serverId, kind: nth === 0 ? 'root' : 'volume', volume_id: null, device: 'vda', boot_index: nth },
      ...{ name: null, description: null, volume_type: null, availability_zone: null, bootable: true },
      ...{ delete_on_termination: true, metadata: {}, image_metadata: {}, image: { pool: 'vms', image: 'x' } },
      ...{ snap: `rewind-b-${ids.backupId}`, incremental: true, base_backup_id: null, full_reason: null, ...bytes },
      runs,
    })),
    written_by: { rewind: 'bench', ceph: 'bench' },
  };
}

try {
  for (let made = 0; made < POINTS; made += PER_SERVER) {
    const projectId = randomUUID().replaceAll('-', '');
    const serverId = randomUUID();
    const disks = [serverId, randomUUID()];
    const chains: Run[][] = [[], []];
    for (let n = 0; n < Math.min(PER_SERVER, POINTS - made); n += 1) {
      const backupId = randomUUID();
      for (const [nth, diskId] of disks.entries()) {
        const object = runObject({ projectId, serverId, diskId }, backupId, 1);
        put(object, 'x');
        const run = { object, footer_sha256: SHA, size_bytes: SIZE, stored_bytes: 1 };
        chains[nth] = [run, ...(chains[nth] ?? [])].slice(0, CHAIN);
      }
      const ids = { projectId, serverId, backupId };
      put(manifestObject(ids), sealManifest(describe(ids, chains), key));
    }
  }
  put('rewind-target.json', '{}');
  writeFileSync(join(folder, 'key'), key.toString('hex'), { mode: 0o400 });
  execFileSync('sync');
  const began = performance.now();
  const { status, stderr } = spawnSync('bin/rewind', ['admin', 'import-target', 'bench'], {
    env: {
      PATH: process.env.PATH,
      REWIND_TARGETS: JSON.stringify([{ name: 'bench', type: 'directory', path: target }]),
      REWIND_ARCHIVE_MANIFEST_KEY_FILE: join(folder, 'key'),
      REWIND_DATABASE_URL: `sqlite:${join(folder, 'rewind.db')}`,
      ...{
        REWIND_KEYSTONE_AUTH_URL: 'http://127.0.0.1:1',
        REWIND_KEYSTONE_REGION: 'none',
        REWIND_KEYSTONE_PASSWORD: 'none',
      },
    },
    encoding: 'utf8',
  });
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(`${stderr.trim()}\n${POINTS} points in ${seconds.toFixed(1)} s (exit ${status})\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
