import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DirectoryTarget } from '../../../src/adapters/target/directory/directory-target.ts';
import { manifestObject } from '../../../src/archive/format/layout.ts';
import { writeManifest } from '../../../src/archive/manifests/manifests.ts';
import { ensureTargetInfo } from '../../../src/archive/manifests/target-info.ts';
import type { RunSummary } from '../../../src/archive/runs/write-run.ts';
import { diskEntry, id, idsOf, KEY, manifestOf, snapOf, store } from './support/backups.ts';
import { data, streamOf, zero } from './support/streams.ts';

let root: string;
let run: RunSummary;
const records = [data(0, Buffer.alloc(5_000_000, 'abc')), zero(5_000_000, 4096), data(6_000_000, 'xyz')];
const shell = (script: string): Buffer => execFileSync('bash', ['-euo', 'pipefail', '-c', script], { cwd: root });
const text = (script: string): string => shell(script).toString().trim();

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rewind-stock-'));
  const target = new DirectoryTarget('disk', root);
  await ensureTargetInfo(target, KEY, () => id('e', 1));
  run = await store(target, 1, 1, null, 8_000_000, records);
  await writeManifest(target, manifestOf(1, [diskEntry(1, 1, [run])]), KEY);
});
afterAll(() => rmSync(root, { recursive: true }));

/** The commands of docs/format.md, without Rewind and without a cluster. */
describe('a stored backup in the hands of stock tools', () => {
  it('is a zstd file that holds the stream of rbd', async () => {
    shell(`zstd -qt < ${run.object}`);
    const head = { fromSnap: null, toSnap: snapOf(1), sizeBytes: 8_000_000 };
    const long = records[0]!;
    if (long.kind !== 'data') throw new Error('not data');
    const whole = long.pieces[0]!;
    const cut = [data(0, whole.subarray(0, 4 << 20)), data(4 << 20, whole.subarray(4 << 20)), ...records.slice(1)];
    expect(shell(`zstd -dc < ${run.object} | sha256sum`)).toEqual(shellSha(await streamOf(head, cut)));
  });

  it('shows its footer, whose hash is in the manifest', () => {
    const at = text(`tail -c 68 ${run.object} | od -An -t u8 -j 24 -N 8 | tr -d ' '`);
    const length = text(`tail -c 68 ${run.object} | od -An -t u4 -j 32 -N 4 | tr -d ' '`);
    expect(text(`tail -c +$((${at} + 1)) ${run.object} | head -c ${length} | sha256sum`)).toContain(run.footer_sha256);
    const footer = JSON.parse(text(`tail -c +$((${at} + 9)) ${run.object} | head -c $((${length} - 8))`));
    expect(footer).toMatchObject({ format: 'rewind-run/1', plain_bytes: run.plain_bytes, frames: 2 });
  });

  it('has a manifest that is JSON, with a seal that openssl can check', () => {
    const manifest = manifestObject(idsOf(1));
    expect(JSON.parse(text(`head -n -1 ${manifest}`)).disks[0].runs[0].object).toBe(run.object);
    const key = Buffer.from(KEY).toString('hex');
    const seal = text(`head -n -1 ${manifest} | head -c -1 | openssl dgst -sha256 -mac HMAC -macopt hexkey:${key}`);
    expect(`hmac-sha256 ${seal.split(' ').at(-1)}`).toBe(text(`tail -n 1 ${manifest}`));
  });
});

const shellSha = (bytes: Uint8Array): Buffer => execFileSync('sha256sum', [], { input: bytes });
