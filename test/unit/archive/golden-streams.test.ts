import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { runObject } from '../../../src/archive/format/layout.ts';
import { noKeys } from '../../../src/archive/keys/no-keys.ts';
import { restoreStream } from '../../../src/archive/runs/restore-stream.ts';
import { verifyRun } from '../../../src/archive/runs/verify-run.ts';
import { type RunSummary, writeRun } from '../../../src/archive/runs/write-run.ts';
import { readDiff } from '../../../src/rbd-diff/reader.ts';
import { backupId, place, refOf } from './support/backups.ts';
import { MemoryTarget } from './support/memory-target.ts';
import { stockStream } from './support/stock-tools.ts';
import { applyRecords, chunked, sourceOf } from './support/streams.ts';

const streams = new URL('../../golden/rbd-16.2.15/', `file://${import.meta.filename}`);
const golden = (name: string): Buffer => zstdDecompressSync(readFileSync(new URL(`${name}.diff.zst`, streams)));

/** SHA-256 of the points as `rbd export` gave them. */
const POINTS: Record<string, string> = {
  s1: '2b77b42d7884334af162e6cbd97435517f409bb04010f04ec16c777c43796c27',
  s2: '0d09f79a5d1fbb1a2e48e72dd66abc38b3d81ead0b3c00c7cccc1394ef872174',
  s3: 'f2f777ce6f246c7cc453f5e8ab04c878fa1df01ed87387f35737dae2b5291e64',
  s4: '09ebce23340914f5c0a57009d5bb74e29bdc944d11414589d463addce465df5d',
  s5: 'ed383075b48791667935faab0dff1b3c8e6667bf5a2c70b8206dd2fcf36f47e4',
  s6: 'ed383075b48791667935faab0dff1b3c8e6667bf5a2c70b8206dd2fcf36f47e4',
  striped: 'e8f98508e6f263915972bb19c02a6df80dd9e4461412c92a897a365959144ffc',
  c1: '61d6a7e24a006004bf714a6ab8533c39465c9f2c6d1574e613ce5d23da85f397',
  c2: '72f9412202a2de1431044135d7881cd5a7b5beb66ea5be0742483e30f9cf389d',
};

/** Stream, the snap it starts from, the snap it ends at, the point's name in POINTS when that is another. */
type Link = [name: string, from: string | null, to: string, point?: string];

async function storeAll(links: Link[], target: MemoryTarget): Promise<RunSummary[]> {
  const runs: RunSummary[] = [];
  for (const [n, [name, fromSnap, toSnap]] of links.entries()) {
    const stream = golden(name);
    const run = await writeRun({
      source: sourceOf(chunked(stream, 65536)),
      expect: { fromSnap, toSnap },
      target,
      object: runObject(place(1), backupId(n), 1),
      key: null,
      signal: new AbortController().signal,
    });
    expect(stockStream(target.objects.get(run.object)!).equals(stream)).toBe(true);
    await verifyRun(target, refOf(run), noKeys);
    runs.unshift(run);
  }
  return runs;
}

async function sha256Of(runs: RunSummary[], target: MemoryTarget): Promise<string> {
  const sizeBytes = runs[0]!.size_bytes;
  const stream = restoreStream({
    runs,
    sizeBytes,
    toSnap: 'end',
    target,
    keys: noKeys,
    signal: new AbortController().signal,
  });
  const { records } = await readDiff(stream, { fromSnap: null, toSnap: 'end', sizeBytes });
  const image = applyRecords(new Uint8Array(0), sizeBytes, await Array.fromAsync(records));
  return createHash('sha256').update(image).digest('hex');
}

describe('streams of a real rbd (16.2.15)', () => {
  it.each<[string, Link[]]>([
    [
      'writes, discards, growing and shrinking',
      [
        ['full', null, 's1'],
        ['s1-s2', 's1', 's2'],
        ['s2-s3', 's2', 's3'],
        ['s3-s4', 's3', 's4'],
        ['s4-s5', 's4', 's5'],
        ['s5-s6', 's5', 's6'],
      ],
    ],
    [
      'whole objects',
      [
        ['full', null, 's1'],
        ['s1-s2-whole', 's1', 's2'],
        ['s2-s3-whole', 's2', 's3'],
      ],
    ],
    ['a striped image', [['striped', null, 's1', 'striped']]],
    [
      'a clone with its parent',
      [
        ['clone-full', null, 'c1'],
        ['clone-c1-c2', 'c1', 'c2'],
      ],
    ],
  ])('restore to what rbd exports: %s', async (_what, links) => {
    const target = new MemoryTarget();
    const runs = await storeAll(links, target);
    for (const [n, [, , to, point = to]] of links.entries()) {
      expect({ point, sha256: await sha256Of(runs.slice(runs.length - 1 - n), target) }).toEqual({
        point,
        sha256: POINTS[point],
      });
    }
  });
});
