/**
 * One disk on a real cluster, there and back: `node bench/rbd-round-trip.ts <pool> [MiB] [increments] [directory]`.
 * Makes images `rewind-bench-*` in the pool and removes them. Prints the time of the bare tools beside ours, and
 * compares what was restored with what was there.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCeph } from '../src/adapters/ceph/rbd-ceph.ts';
import { DirectoryTarget } from '../src/adapters/target/directory/directory-target.ts';
import { runObject } from '../src/archive/format/layout.ts';
import { noKeys } from '../src/archive/keys/no-keys.ts';
import { ensureTargetInfo } from '../src/archive/manifests/target-info.ts';
import { restoreStream } from '../src/archive/runs/restore-stream.ts';
import { verifyRun } from '../src/archive/runs/verify-run.ts';
import { type RunSummary, writeRun } from '../src/archive/runs/write-run.ts';
import type { KeyRing } from '../src/ports/keys.ts';

const MIB = 1024 * 1024;
const pool = process.argv[2] ?? 'backups';
const sizeBytes = Number(process.argv[3] ?? 1024) * MIB;
const increments = Number(process.argv[4] ?? 30);
const root = mkdtempSync(join(process.argv[5] ?? tmpdir(), 'rewind-bench-'));
const { signal } = new AbortController();
/** ENCRYPT=1 measures with encryption. */
const key = process.env.ENCRYPT ? { id: randomUUID(), key: createSecretKey(randomBytes(32)) } : null;
const keys: KeyRing = key ? { current: async () => key, find: async () => key } : noKeys;
const ceph = createCeph({ conf: '/etc/ceph/ceph.conf', user: 'admin', opTimeoutSeconds: 30, stallSeconds: 60 });
const target = new DirectoryTarget('bench', root);
const place = { projectId: randomUUID(), serverId: randomUUID(), diskId: randomUUID() };
const disk = { pool, image: `rewind-bench-${process.pid}` };
const draft = { pool, image: `rewind-bench-${process.pid}-draft` };
const snap = (n: number): string => `s-${n}`;
const rbd = (...args: string[]): Buffer => execFileSync('rbd', args, { stdio: ['ignore', 'pipe', 'ignore'] });

async function timed<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
  const start = performance.now();
  const result = await act();
  const seconds = (performance.now() - start) / 1000;
  console.log(`${what}: ${seconds.toFixed(2)} s, ${Math.round(sizeBytes / MIB / seconds)} MiB/s`);
  return result;
}

/** A third random, a third text-like, a third low-entropy. */
function makeDisk(): void {
  const file = join(root, 'disk.raw');
  const fd = openSync(file, 'w');
  const words = ['alpha ', 'beta ', 'gamma ', 'delta\n', 'epsilon ', 'zeta ', 'eta ', 'theta\n'];
  const piece = Buffer.alloc(12 * MIB);
  for (let at = 4 * MIB; at < 8 * MIB; ) at += piece.write(words[(Math.random() * 8) | 0]!, at);
  for (let at = 8 * MIB; at < piece.length; at += 1) piece[at] = Math.random() * 4;
  for (let at = 0; at < sizeBytes; at += piece.length) {
    randomBytes(4 * MIB).copy(piece);
    writeSync(fd, piece.subarray(0, Math.min(piece.length, sizeBytes - at)));
  }
  rbd('import', '--no-progress', file, `${disk.pool}/${disk.image}`);
  rmSync(file);
}

/** A two-hundredth of the disk, in pieces of 64 KiB at random places. */
function change(): void {
  const args = ['bench', '--io-type', 'write', '--io-size', '64K', '--io-pattern', 'rand', '--io-threads', '4'];
  rbd(...args, '--io-total', String(Math.max(Math.floor(sizeBytes / 200), 65536)), `${disk.pool}/${disk.image}`);
}

const store = (n: number): Promise<RunSummary> =>
  writeRun({
    source: ceph.exportDiff(disk, snap(n), n === 0 ? undefined : snap(n - 1), signal),
    expect: { fromSnap: n === 0 ? null : snap(n - 1), toSnap: snap(n) },
    target,
    object: runObject(place, randomUUID(), n),
    key,
    signal,
  });

async function restore(runs: RunSummary[]): Promise<void> {
  await ceph.createImage(draft, sizeBytes);
  await ceph.importDiff(draft, restoreStream({ runs, sizeBytes, toSnap: 'end', target, keys, signal }), signal);
}

async function dropDraft(): Promise<void> {
  await ceph.removeSnap(draft, 'end');
  await ceph.removeImage(draft);
}

const shell = (script: string) => {
  if (spawnSync('bash', ['-o', 'pipefail', '-c', script], { stdio: ['ignore', 'ignore', 'ignore'] }).status !== 0)
    throw new Error(script);
};

const sha256 = (image: string): string => {
  const sum = execFileSync('bash', [
    '-o',
    'pipefail',
    '-c',
    `rbd export --no-progress ${image} - 2>/dev/null | openssl dgst -sha256`,
  ]);
  return sum.toString().trim();
};

try {
  await ensureTargetInfo(target, createHash('sha256').update('bench').digest(), randomUUID);
  makeDisk();
  await ceph.createSnap(disk, snap(0));
  const source = `${disk.pool}/${disk.image}@${snap(0)}`;
  const raw = join(root, 'bare.zst');
  for (let round = 0; round < 2; round += 1) {
    await timed('rbd export-diff to nowhere', async () =>
      shell(`rbd export-diff --no-progress ${source} - > /dev/null`),
    );
    await timed('rbd export-diff | zstd -1 -T0', async () =>
      shell(`rbd export-diff --no-progress ${source} - | zstd -q -1 -T0 -f -o ${raw} && sync ${raw}`),
    );
    console.log(`  ${Math.round(statSync(raw).size / MIB)} MiB`);
    const full = await timed('store', () => store(0));
    console.log(`  ${Math.round(full.stored_bytes / MIB)} MiB, ${full.frames} frames`);
    if (round === 0) await target.remove(full.object);
    else await chainOf(full, raw);
  }
} finally {
  await dropDraft().catch(() => undefined);
  for (let n = 0; n <= increments; n += 1) await ceph.removeSnap(disk, snap(n));
  await ceph.removeImage(disk);
  rmSync(root, { recursive: true });
}

async function chainOf(full: RunSummary, raw: string): Promise<void> {
  await timed('verify', () => verifyRun(target, full, keys));
  await ceph.createImage(draft, sizeBytes);
  await timed('zstd -dc | rbd import-diff', async () =>
    shell(`zstd -dc ${raw} | rbd import-diff --no-progress - ${draft.pool}/${draft.image}`),
  );
  await ceph.removeSnap(draft, snap(0));
  await ceph.removeImage(draft);
  const runs = [full];
  for (let n = 1; n <= increments; n += 1) {
    change();
    await ceph.createSnap(disk, snap(n));
    runs.unshift(await store(n));
  }
  const again = runs.slice(0, -1).reduce((sum, run) => sum + run.changed_bytes, 0);
  console.log(`  ${increments} increments of ${Math.round(again / MIB)} MiB together`);
  // The same content as one full run.
  const source = `${disk.pool}/${disk.image}@${snap(increments)}`;
  const flat = await writeRun({
    source: ceph.exportDiff(disk, snap(increments), undefined, signal),
    expect: { fromSnap: null, toSnap: snap(increments) },
    target,
    object: runObject(place, randomUUID(), 0),
    key,
    signal,
  });
  const expected = sha256(source);
  for (let round = 0; round < 2; round += 1) {
    for (const [what, chain] of [
      ['a full', [flat]],
      [`${increments} increments`, runs],
    ] as const) {
      await timed(`restore ${what}`, () => restore([...chain]));
      console.log(
        `  ${sha256(`${draft.pool}/${draft.image}@end`) === expected ? 'the same bytes' : 'DIFFERENT BYTES'}`,
      );
      await dropDraft();
    }
  }
}
