import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createCeph } from '../../src/adapters/ceph/rbd-ceph.ts';
import { DirectoryTarget } from '../../src/adapters/target/directory/directory-target.ts';
import { noKeys } from '../../src/archive/keys/no-keys.ts';
import { ensureTargetInfo } from '../../src/archive/manifests/target-info.ts';
import { restoreStream } from '../../src/archive/runs/restore-stream.ts';
import { backupSnapName } from '../../src/domain/names.ts';
import type { ImageRef } from '../../src/domain/points/disk.ts';
import { KEY } from '../unit/archive/support/backups.ts';
import { ArchiveSystem, type ArchiveSystemOptions } from '../world/archive-system.ts';
import { freshRef, MIB, POOL, removeWithSnaps, SETTINGS } from './ceph-lab.ts';

const run = promisify(execFile);
jest.setTimeout(7_200_000);

/** Full numbers: REWIND_TEST_CHAINS=40 REWIND_TEST_LOADED_INCREMENTS=30. */
const CHAINS = Number(process.env.REWIND_TEST_CHAINS ?? 2);
const LOADED_INCREMENTS = Number(process.env.REWIND_TEST_LOADED_INCREMENTS ?? 3);
const signal = new AbortController().signal;
const ceph = createCeph({ ...SETTINGS, opTimeoutSeconds: 30, stallSeconds: 120 });
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

/** The same numbers for the same seed (mulberry32). */
function numbersOf(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const rbd = (...args: string[]) =>
  run('rbd', ['--id', 'rewind', ...args], { encoding: 'buffer', maxBuffer: 512 * MIB });
const nameOf = ({ pool, image }: ImageRef): string => `${pool}/${image}`;

async function hashOf(ref: ImageRef, snap: string): Promise<string> {
  const { stdout } = await rbd('export', '--no-progress', `${nameOf(ref)}@${snap}`, '-');
  return sha256(stdout as unknown as Buffer);
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Random writes, discards and a new size. */
async function scribble(ref: ImageRef, sizeBytes: number, number: (below: number) => number): Promise<void> {
  const parts = [field('s', sizeBytes)];
  for (let at = number(MIB); at < sizeBytes; ) {
    const length = Math.min(sizeBytes - at, 512 * (1 + number(number(4) === 0 ? 12_000 : 200)));
    const isZero = number(3) === 0;
    parts.push(field(isZero ? 'z' : 'w', at, length));
    if (!isZero) parts.push(Buffer.alloc(length, Buffer.from([number(256), number(256), number(256)])));
    at += length + 512 * number(8_000);
  }
  await importRecords(ref, parts);
}

const PIECE_BYTES = 16_384;

const pieceAt = (sizeBytes: number): Buffer[] => {
  const at = Math.floor((Math.random() * sizeBytes) / PIECE_BYTES) * PIECE_BYTES;
  return [field('w', at, PIECE_BYTES), randomBytes(PIECE_BYTES)];
};

/** Has the image open and writes 16 KiB here and there without end, as a guest does. */
class Writer {
  pieces = 0;
  #stopped = false;
  readonly #done: Promise<void>;

  constructor(ref: ImageRef, sizeBytes: number) {
    this.#done = this.#write(ref, sizeBytes);
    this.#done.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #write(ref: ImageRef, sizeBytes: number): Promise<void> {
    const child = spawn('rbd', ['--id', 'rewind', 'import-diff', '--no-progress', '-', nameOf(ref)]);
    const ended = once(child, 'close');
    child.stdin.write('rbd diff v1\n');
    for (; !this.#stopped && child.exitCode === null; this.pieces += 1) {
      if (!child.stdin.write(Buffer.concat(pieceAt(sizeBytes))))
        await Promise.race([once(child.stdin, 'drain'), ended]);
    }
    child.stdin.end('e');
    const [code] = await ended;
    if (code !== 0) throw new Error(`the writer ended with ${code}`);
  }
}

/** Others open the image, write a little and go, at any moment: also while it is being snapped. */
async function openNowAndThen(ref: ImageRef, sizeBytes: number, stopped: () => boolean): Promise<void> {
  while (!stopped()) {
    await importRecords(ref, Array.from({ length: 20 }, () => pieceAt(sizeBytes)).flat());
    await sleep(Math.random() * 4_000);
  }
}

/** One diff without snaps: rbd writes what it says. */
async function importRecords(ref: ImageRef, records: readonly Buffer[]): Promise<void> {
  const child = spawn('rbd', ['--id', 'rewind', 'import-diff', '--no-progress', '-', nameOf(ref)]);
  child.stdin.end(Buffer.concat([Buffer.from('rbd diff v1\n'), ...records, Buffer.from('e')]));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`rbd import-diff ended with ${code}`);
}

function field(tag: string, ...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(1 + 8 * numbers.length);
  bytes.write(tag);
  for (const [n, value] of numbers.entries()) bytes.writeBigUInt64LE(BigInt(value), 1 + 8 * n);
  return bytes;
}

/** Whether the backup comes back as it was, through `rbd import-diff`. */
async function restoresTo(system: ArchiveSystem, id: string, hash: string): Promise<void> {
  const { runs, size_bytes: sizeBytes, snap } = (await system.manifest(id)).disks[0]!;
  const draft = freshRef();
  await ceph.createImage(draft, sizeBytes);
  try {
    const stream = restoreStream({ runs, sizeBytes, toSnap: snap, target: system.target, keys: noKeys, signal });
    await ceph.importDiff(draft, stream, signal);
    const restored = { id, runs: runs.length, hash: await hashOf(draft, snap) };
    expect(restored).toEqual({ id, runs: runs.length, hash });
  } finally {
    await removeWithSnaps(ceph, draft);
  }
}

const isLab = process.env.REWIND_LAB === '1';
(isLab ? describe : describe.skip)(`chains on a real Ceph (seed=${seed})`, () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rewind-chains-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function withSystem(
    options: Pick<ArchiveSystemOptions, 'compactRuns' | 'sleep'>,
    act: (system: ArchiveSystem, image: ImageRef) => Promise<void>,
  ) {
    const root = mkdtempSync(join(folder, 'target-'));
    const target = new DirectoryTarget('dir', root);
    await ensureTargetInfo(target, KEY, randomUUID);
    const system = new ArchiveSystem({ target, ceph, pool: POOL, serverId: randomUUID(), ...options });
    const image = system.images[0]!;
    try {
      await act(system, image);
    } finally {
      await removeWithSnaps(ceph, image);
      rmSync(root, { recursive: true, force: true });
    }
  }

  it('restore to what the image was at each backup, after deletes, compaction and sweeps', async () => {
    let restored = 0;
    for (let chain = 0; chain < CHAINS; chain += 1) {
      const number = numbersOf(seed + chain);
      const hashes = new Map<string, string>();
      await withSystem({ compactRuns: 2 + number(3) }, async (system, image) => {
        let sizeBytes = (4 + number(12)) * MIB;
        await ceph.createImage(image, sizeBytes);
        for (let backup = 0; backup < 6; backup += 1) {
          if (number(3) === 0) sizeBytes += number(6) * MIB + 512 * number(1000);
          await scribble(image, sizeBytes, number);
          const id = (await system.backup(number(3) === 0 ? [number(20)] : [], false, false))!;
          hashes.set(id, await hashOf(image, backupSnapName(id)));
          if (number(3) === 0 && hashes.size > 2) {
            const gone = [...hashes.keys()][number(hashes.size)]!;
            await system.delete(gone, []);
            hashes.delete(gone);
          }
          if (number(2) === 0) await system.compact(number(3) === 0 ? number(15) : undefined);
        }
        await system.compact(undefined);
        for (const _ of [1, 2]) await system.sweep(25);
        for (const [id, hash] of hashes) await restoresTo(system, id, hash);
        restored += hashes.size;
        expect(await system.leftovers()).toEqual([]);
      });
    }
    console.log(`${CHAINS} chains on a real Ceph: seed=${seed}, ${restored} restores, 0 differ`);
  });

  // After Ceph's own qa/workunits/rbd/diff_continuous.sh.
  it('increments that are taken while the image is written to restore to their snaps', async () => {
    await withSystem({ compactRuns: 10, sleep }, async (system, image) => {
      await ceph.createImage(image, 64 * MIB);
      const hashes = new Map<string, string>();
      const writer = new Writer(image, 64 * MIB);
      let stopped = false;
      const openers = openNowAndThen(image, 64 * MIB, () => stopped);
      try {
        for (let n = 0; n <= LOADED_INCREMENTS; n += 1) {
          const id = (await system.backup([], false, false))!;
          const hash = await hashOf(image, backupSnapName(id));
          hashes.set(id, hash);
          // While the snap is there, so that it is known which of the two is wrong.
          const stored = Buffer.concat([...(await system.restore(id)).values()]);
          const snapNow = await hashOf(image, backupSnapName(id));
          expect({ n, stored: sha256(stored), snapNow }).toEqual({ n, stored: hash, snapNow: hash });
          if (n % 12 === 11) await system.compact(undefined);
        }
      } finally {
        stopped = true;
        await openers;
        await writer.stop();
      }
      expect(new Set(hashes.values()).size).toBe(LOADED_INCREMENTS + 1);
      for (const [id, hash] of hashes) await restoresTo(system, id, hash);
      console.log(`${hashes.size} backups beside ${writer.pieces} writes: ${hashes.size} restores, 0 differ`);
    });
  });
});
