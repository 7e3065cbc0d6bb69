import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunSummary } from '../../../src/archive/runs/write-run.ts';
import { openDisk, readerCaches } from '../../../src/archive/serving/disk-reader.ts';
import { CLUSTER_BYTES, ENTRIES_PER_TABLE, qcow2Layout } from '../../../src/archive/serving/qcow2-layout.ts';
import { VirtualQcow2 } from '../../../src/archive/serving/virtual-qcow2.ts';
import type { ExtentRecord } from '../../../src/rbd-diff/records.ts';
import { readQcow2 } from '../../world/qcow2-file.ts';
import { isThorough } from '../../world/sampling.ts';
import { refOf, store } from './support/backups.ts';
import { fixedRing } from './support/key-rings.ts';
import { MemoryTarget } from './support/memory-target.ts';
import { applyRecords, data } from './support/streams.ts';

const run = promisify(execFile);
const MIB = 2 ** 20;
const GIB = 2 ** 30;
const TIB = 2 ** 40;
const keys = fixedRing();
const ZEROS = Buffer.alloc(MIB);
const hasQemu = existsSync('/usr/bin/qemu-img');

/** Scattered pieces over a large disk: many frames and several index blocks in one run. */
function scattered(count: number, step: number, fill: number): ExtentRecord[] {
  return Array.from({ length: count }, (_, n) => data(n * step, Buffer.alloc(3_000, (n + fill) % 255 || 1)));
}

describe('a disk of a backup as a qcow2 file', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rewind-qcow2-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function sparseFile(name: string, file: VirtualQcow2): Promise<string> {
    const path = join(folder, name);
    const out = await open(path, 'w');
    await out.truncate(file.bytes);
    for (let at = 0; at < file.bytes; at += MIB) {
      const bytes = await file.read(at, Math.min(MIB, file.bytes - at));
      if (!bytes.equals(ZEROS.subarray(0, bytes.length))) await out.write(bytes, 0, bytes.length, at);
    }
    await out.close();
    return path;
  }

  it('is whole in the eyes of qemu-img, and the same disk', async () => {
    if (!hasQemu) return;
    const target = new MemoryTarget();
    // In a thorough run a little more than one L2 table; the last write is on both.
    const mib = isThorough ? 516 : 76;
    const sizeBytes = mib * MIB + 512;
    const changes = [
      scattered(900, mib * 580, 1),
      scattered(600, mib * 1_699, 9),
      [data((mib - 11) * MIB, Buffer.alloc(9 * MIB, 7))],
    ];
    const runs: RunSummary[] = [];
    let disk: Uint8Array = new Uint8Array(0);
    for (const [n, records] of changes.entries()) {
      runs.unshift(await store(target, 1, n, n === 0 ? null : n - 1, sizeBytes, records));
      disk = applyRecords(disk, sizeBytes, records);
    }
    const file = new VirtualQcow2(
      await openDisk(target, runs.map(refOf), sizeBytes, { keys, caches: readerCaches() }),
      sizeBytes,
    );
    const path = await sparseFile('disk.qcow2', file);
    await run('qemu-img', ['check', '-f', 'qcow2', path]);
    const raw = join(folder, 'disk.raw');
    await run('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', path, raw]);
    const back = await open(raw);
    const found = await back.readFile();
    await back.close();
    expect(found.length).toBe(sizeBytes);
    expect(found.equals(disk)).toBe(true);
  }, 300_000);

  it('tells of a disk of 16 TiB with a few places read, and holds next to nothing', async () => {
    const target = new MemoryTarget();
    const records = [data(0, 'begin'), data(9 * TIB + 5, 'middle'), data(16 * TIB - 3, 'end')];
    const stored = await store(target, 1, 0, null, 16 * TIB, records);
    const caches = readerCaches();
    target.reads = 0;
    const disk = await openDisk(target, [refOf(stored)], 16 * TIB, { keys, caches });
    const file = new VirtualQcow2(disk, 16 * TIB);
    const layout = qcow2Layout(16 * TIB);
    expect(file.bytes).toBeGreaterThan(16 * TIB);
    const cluster = Math.floor((9 * TIB + 5) / CLUSTER_BYTES);
    const l2 = await file.read((layout.l2At + Math.floor(cluster / ENTRIES_PER_TABLE)) * CLUSTER_BYTES, CLUSTER_BYTES);
    const at = Number(l2.readBigUInt64BE((cluster % ENTRIES_PER_TABLE) * 8) & 0x00ff_ffff_ffff_fe00n);
    expect((await file.read(at + 5, 6)).toString()).toBe('middle');
    expect(target.reads).toBeLessThan(6);
    expect(caches.frames.weight).toBeLessThan(100);
  });

  it('leaves L2 tables out where no run says anything', async () => {
    const target = new MemoryTarget();
    const runs: RunSummary[] = [];
    for (const [n, at] of [0, 70 * GIB].entries())
      runs.unshift(await store(target, 1, n, n === 0 ? null : n - 1, 100 * GIB, [data(at, 'x')]));
    const file = new VirtualQcow2(
      await openDisk(target, runs.map(refOf), 100 * GIB, { keys, caches: readerCaches() }),
      100 * GIB,
    );
    const layout = qcow2Layout(100 * GIB);
    const l1 = await file.read(layout.l1At * CLUSTER_BYTES, layout.l2Tables * 8);
    expect(
      Array.from({ length: layout.l2Tables }, (_, n) => l1.readBigUInt64BE(n * 8)).filter((one) => one > 0n),
    ).toHaveLength(2);
  });

  it('gives out no byte of a frame that is not what was written', async () => {
    const target = new MemoryTarget();
    const stored = await store(target, 1, 0, null, MIB, [data(0, randomBytes(300_000))]);
    const disk = await openDisk(target, [refOf(stored)], MIB, { keys, caches: readerCaches() });
    const bytes = target.objects.get(stored.object)!;
    bytes[200_000] = bytes[200_000]! ^ 1;
    const file = new VirtualQcow2(disk, MIB);
    await expect(readQcow2((offset, length) => file.read(offset, length))).rejects.toMatchObject({
      code: 'vm-backup.archive.damaged',
    });
  });
});
