/**
 * Speed of storing and restoring one disk: `node bench/archive-run.ts [MiB] [directory]`.
 * The source is synthetic (a third random, a third text-like, a third low-entropy), made once in memory and
 * repeated, in chunks of 64 KiB as from a pipe.
 */
import { spawn } from 'node:child_process';
import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryTarget } from '../src/adapters/target/directory/directory-target.ts';
import { runObject } from '../src/archive/format/layout.ts';
import { noKeys } from '../src/archive/keys/no-keys.ts';
import { ensureTargetInfo } from '../src/archive/manifests/target-info.ts';
import { restoreStream } from '../src/archive/runs/restore-stream.ts';
import { verifyRun } from '../src/archive/runs/verify-run.ts';
import { type RunSummary, writeRun } from '../src/archive/runs/write-run.ts';
import type { KeyRing } from '../src/ports/keys.ts';
import { DIFF_END, encodeExtentHeader, encodeHead } from '../src/rbd-diff/writer.ts';

const MIB = 1024 * 1024;
const OBJECT_BYTES = 4 * MIB;
const totalBytes = Number(process.argv[2] ?? 1024) * MIB;
const root = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'rewind-bench-'));
const place = { projectId: randomUUID(), serverId: randomUUID(), diskId: randomUUID() };
const target = new DirectoryTarget('bench', root);
const { signal } = new AbortController();
/** ENCRYPT=1 measures with encryption. */
const key = process.env.ENCRYPT ? { id: randomUUID(), key: createSecretKey(randomBytes(32)) } : null;
const keys: KeyRing = key ? { current: async () => key, find: async () => key } : noKeys;

function content(): Buffer {
  const bytes = Buffer.alloc(12 * OBJECT_BYTES);
  randomBytes(4 * OBJECT_BYTES).copy(bytes, 0);
  const words = ['alpha ', 'beta ', 'gamma ', 'delta\n', 'epsilon ', 'zeta ', 'eta ', 'theta\n'];
  for (let at = 4 * OBJECT_BYTES; at < 8 * OBJECT_BYTES; ) at += bytes.write(words[(Math.random() * 8) | 0]!, at);
  for (let at = 8 * OBJECT_BYTES; at < bytes.length; at += 1) bytes[at] = Math.random() * 4;
  return bytes;
}

const pool = content();

/** A diff of the given ranges, each of OBJECT_BYTES or less. */
async function* source(fromSnap: string | null, toSnap: string, ranges: Iterable<[number, number]>) {
  yield encodeHead({ fromSnap, toSnap, sizeBytes: totalBytes });
  for (const [offset, length] of ranges) {
    yield encodeExtentHeader('data', offset, length);
    const start = (Math.floor(offset / OBJECT_BYTES) % 12) * OBJECT_BYTES + (offset % OBJECT_BYTES);
    // A pipe hands out fresh memory each time.
    for (let at = 0; at < length; at += 65536)
      yield Buffer.from(pool.subarray(start + at, start + Math.min(at + 65536, length)));
  }
  yield DIFF_END;
}

async function timed<Result>(what: string, bytes: number, act: () => Promise<Result>): Promise<Result> {
  const before = process.cpuUsage();
  const start = performance.now();
  const result = await act();
  const seconds = (performance.now() - start) / 1000;
  const cpu = process.cpuUsage(before);
  const cpuSeconds = ((cpu.user + cpu.system) / 1e6).toFixed(2);
  const rss = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `${what}: ${seconds.toFixed(2)} s, ${Math.round(bytes / MIB / seconds)} MiB/s, cpu ${cpuSeconds} s, peak ${rss} MiB`,
  );
  return result;
}

const store = (attempt: number, fromSnap: string | null, toSnap: string, ranges: Iterable<[number, number]>) =>
  writeRun({
    source: { stream: source(fromSnap, toSnap, ranges), finished: Promise.resolve(), kill: () => undefined },
    expect: { fromSnap, toSnap },
    target,
    object: runObject(place, randomUUID(), attempt),
    key,
    signal,
    ...(process.env.FRAMES ? { maxFramesInFlight: Number(process.env.FRAMES) } : {}),
  });

function* objects(): Generator<[number, number]> {
  for (let at = 0; at < totalBytes; at += OBJECT_BYTES) yield [at, OBJECT_BYTES];
}

/** Scattered pieces of 64 KiB, a hundredth of the disk. */
function* scattered(seed: number): Generator<[number, number]> {
  for (let at = seed * 65536; at < totalBytes; at += 100 * 65536) yield [at, 65536];
}

/** As `cat | rbd import-diff` would take it. */
async function drain(runs: RunSummary[]): Promise<void> {
  const sink = spawn('cat', { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => sink.once('close', resolve));
  for await (const chunk of restoreStream({ runs, sizeBytes: totalBytes, toSnap: 'end', target, keys, signal })) {
    if (!sink.stdin.write(chunk)) await new Promise((resolve) => sink.stdin.once('drain', resolve));
  }
  sink.stdin.end();
  await ended;
}

try {
  await ensureTargetInfo(target, new Uint8Array(32), randomUUID);
  await timed('source alone', totalBytes, async () => {
    for await (const _ of source(null, 's-0', objects())) {
    }
  });
  const full = await timed('store', totalBytes, () => store(0, null, 's-0', objects()));
  console.log(
    `  ${Math.round(full.plain_bytes / MIB)} MiB in ${Math.round(full.stored_bytes / MIB)} MiB, ${full.frames} frames`,
  );
  await timed('verify', totalBytes, () => verifyRun(target, full, keys));
  await timed('restore a full', totalBytes, () => drain([full]));
  const chain = [full];
  for (let n = 1; n <= Number(process.env.INCREMENTS ?? 30); n += 1)
    chain.unshift(await store(n, `s-${n - 1}`, `s-${n}`, scattered(n)));
  await timed(`restore with ${chain.length - 1} increments`, totalBytes, () => drain(chain));
  await timed('restore a full', totalBytes, () => drain([full]));
} finally {
  rmSync(root, { recursive: true });
}
