import { describe, expect, test } from '@jest/globals';
import type { Operation } from '../../../src/domain/operations/operation.ts';
import type { SavedMemory } from '../../../src/domain/points/memory-point.ts';
import type { Snapshot } from '../../../src/domain/points/snapshot.ts';
import { type SweepMemoryParts, sweepMemory } from '../../../src/maintenance/points/sweep-memory.ts';
import { runJobs } from '../../../src/periodic/periodic-job.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';
import { cephInMemory, type FakeImage } from '../../world/ceph-in-memory.ts';
import { silentLog } from '../../world/silent-log.ts';

const HOUR = 3_600_000;
const ID = uuidOf(1);

interface Known {
  name?: string;
  createdAtMs?: number;
  snapshot?: boolean;
  operation?: Operation['status'];
  described?: boolean;
}

/** What is left of one image in the pool of snapshots. */
async function left({ name = `rewind-m-${ID}`, createdAtMs = 0, ...known }: Known): Promise<number> {
  const images: FakeImage[] = [{ pool: 'snapshots', name, id: 'ab', snaps: [], createdAtMs }];
  const ceph = cephInMemory(images);
  const shutdown = new AbortController();
  const parts: SweepMemoryParts = {
    ceph,
    images: {
      read: async () => (known.described ? ({} as SavedMemory) : undefined),
      remove: (ref) => ceph.removeImage(ref),
    },
    catalogue: {
      snapshot: async (id) => (known.snapshot && id === ID ? ({ id } as Snapshot) : undefined),
    },
    operations: {
      list: async ({ filters }) => {
        expect(filters).toEqual([{ field: 'resource_id', op: 'eq', values: [ID] }]);
        return known.operation ? [{ status: known.operation } as Operation] : [];
      },
    },
    clock: { now: () => 24 * HOUR, monotonic: () => 0, sleep: async () => shutdown.abort() },
    log: silentLog,
    pool: 'snapshots',
    graceHours: 24,
  };
  await runJobs([sweepMemory(parts)], parts, shutdown.signal);
  return images.length;
}

describe('memory that belongs to no snapshot', () => {
  test.each<[string, Known]>([
    ['that was never whole', {}],
    ['of an operation that ended', { operation: 'failed' }],
    ['that is whole, of a snapshot that was deleted', { operation: 'succeeded', described: true }],
  ])('goes after its time: %s', async (_, known) => {
    expect(await left(known)).toBe(0);
  });

  test.each<[string, Known]>([
    ['younger than the grace time', { createdAtMs: 1 }],
    ['of unknown age', { createdAtMs: Number.NaN }],
    ['a snapshot’s, whatever its status', { snapshot: true }],
    ['being made', { operation: 'running' }],
    ['about to be made', { operation: 'queued' }],
    ['whole, and of another installation', { described: true }],
    ['no memory of ours', { name: `rewind-m-${ID}.copy` }],
    ['something else', { name: 'important' }],
  ])('stays when it is %s', async (_, known) => {
    expect(await left(known)).toBe(1);
  });
});
