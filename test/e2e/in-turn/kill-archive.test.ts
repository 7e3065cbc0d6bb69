import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type BlankServer,
  bootBlankServer,
  dropBlankServer,
  dropVolumesNamed,
  volumeImage,
  writeImage,
} from '../../world/lab/blank-server.ts';
import { contentOf } from '../../world/lab/content.ts';
import { CHAIN_LIMIT_MS, type KillBench, killBench } from '../../world/lab/killing.ts';
import { until } from '../../world/lab/lab.ts';
import { filesBelow } from '../../world/lab/leftovers.ts';
import { restoredContent } from '../../world/lab/proof.ts';
import { available, carryOut, type Installation, install } from '../../world/lab/rewind.ts';
import { logIn, stopServer, type Tenant } from '../../world/lab/tenant.ts';

/**
 * kill -9 of the worker while it merges runs by itself: real processes, a real target. The chain becomes short, every
 * backup stays what it was, and nothing is left that nobody names but what the sweep will take.
 */
const NAME = 'e2e-kill-archive';
/** A chain longer than this is merged. */
const MOST_RUNS = 2;
const WORKFLOW = 'compact-backup/1';
const MOST_ROUNDS = 3;

let demo: Tenant;
let rewind: Installation;
let bench: KillBench;
let server: BlankServer;
/** What each backup has to restore to. */
const contents = new Map<string, string>();

interface Compaction {
  id: string;
  action: string;
  status: string;
  fail_reason: string | null;
}

beforeAll(async () => {
  demo = await logIn('demo');
  rewind = install({ REWIND_WORKER_LEASE_SECONDS: '1', REWIND_ARCHIVE_COMPACT_RUNS: String(MOST_RUNS) });
  rewind.start('api');
  await rewind.ready();
  bench = killBench(rewind);
  server = await bootBlankServer(demo, NAME, 4);
  await stopServer(demo, server.id);
});

afterAll(() => bench.stop());
afterAll(() => dropBlankServer(demo, server));
afterAll(() => dropVolumesNamed(demo, NAME));
afterAll(() => rewind.end());

async function backUp(): Promise<string> {
  const at = 16 + 2 * contents.size;
  await writeImage(volumeImage(server.volume), [{ at, length: 1 }]);
  const { id } = await available(carryOut(rewind, demo, 'backup', { server_id: server.id }));
  contents.set(id, await contentOf(`${volumeImage(server.volume)}@rewind-b-${id}`));
  return id;
}

async function compactions(): Promise<Compaction[]> {
  const { body } = await rewind.call<{ operations: Compaction[] }>(demo, 'GET', '/v1/operations?limit=1000');
  return body.operations.filter((one) => one.action === 'compact-backup');
}

/** More increments than a chain may have, until a worker has seen and mended it. */
async function compactedOnce(): Promise<void> {
  const before = (await compactions()).length;
  for (let n = 0; n <= MOST_RUNS; n += 1) await backUp();
  const done = await until('a compaction that has ended', CHAIN_LIMIT_MS, async () => {
    const [newest, ...older] = await compactions();
    return older.length >= before && newest && !['queued', 'running'].includes(newest.status) && newest;
  });
  expect(done).toMatchObject({ status: 'succeeded', fail_reason: null });
}

/** Boundaries of compactions; which backups they are about differs from one to the next. */
const shapesOf = (places: readonly string[]) =>
  new Set(places.filter((place) => place.startsWith(WORKFLOW)).map((place) => place.replaceAll(/\[.*?\]/g, '[…]')));

test('compaction', async () => {
  const all = shapesOf(await bench.placesOf(compactedOnce));
  expect(all.size).toBeGreaterThan(10);
  const died = new Set<string>();
  // A boundary may be passed over: who died beside it had acted there, and the next one found it done.
  for (let round = 0; round < MOST_ROUNDS && died.size < all.size; round += 1) {
    const { killed } = await bench.killAtEach([WORKFLOW], compactedOnce);
    for (const place of shapesOf(killed)) died.add(place);
  }
  console.log(`kill -9, compact-backup: ${died.size} of ${all.size} boundaries: ended well by another worker`);
  expect([...all].filter((place) => !died.has(place))).toEqual([]);
  // One manifest a backup, whatever was written on the way.
  const manifests = filesBelow(rewind.target).filter((name) => name.includes('/backups/'));
  expect(manifests).toHaveLength(contents.size);
  for (const [id, content] of contents)
    expect({ id, content: await restoredContent(rewind, demo, id) }).toEqual({ id, content });
});
