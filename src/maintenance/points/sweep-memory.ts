import { hasCode } from '../../domain/errors.ts';
import { snapshotOfMemoryImage } from '../../domain/names.ts';
import { eachByItself } from '../../periodic/each-by-itself.ts';
import type { PeriodicJob } from '../../periodic/periodic-job.ts';
import type { Ceph } from '../../ports/ceph.ts';
import type { MemoryImages } from '../../ports/memory.ts';
import type { Catalogue } from '../../ports/stores/catalogue.ts';
import type { Operations } from '../../ports/stores/operations.ts';
import type { Clock, Log } from '../../ports/system.ts';

const LOOK_EVERY_MS = 3_600_000;
const MS_PER_HOUR = 3_600_000;

export interface SweepMemoryParts {
  ceph: Pick<Ceph, 'listImages' | 'imageInfo'>;
  images: Pick<MemoryImages, 'read' | 'remove'>;
  catalogue: Pick<Catalogue, 'snapshot'>;
  operations: Pick<Operations, 'list'>;
  clock: Clock;
  log: Log;
  /** Pool of snapshots. */
  pool: string;
  graceHours: number;
}

/**
 * Removes images of memory that belong to no snapshot and that nobody is making, after a grace time: an agent had begun
 * them when everything around it died. A complete one is removed only when this database remembers its snapshot:
 * another installation may keep its own in this pool.
 */
export function sweepMemory(parts: SweepMemoryParts): PeriodicJob {
  const { ceph, pool } = parts;
  const look = async (over: AbortSignal) => {
    const told = (image: string) => ({ trouble: 'could not look at saved memory', image });
    await eachByItself(parts.log, over, await ceph.listImages(pool), told, async (image) => {
      const snapshotId = snapshotOfMemoryImage(image);
      if (snapshotId !== undefined && (await isOrphan(parts, image, snapshotId)))
        await remove(parts, image, snapshotId);
    });
  };
  return { name: 'sweep-memory', after: 'orphaned memory', everyMs: LOOK_EVERY_MS, look };
}

async function remove({ images, pool, log }: SweepMemoryParts, image: string, snapshotId: string): Promise<void> {
  try {
    await images.remove({ pool, image });
    log.info('removed memory that belongs to no snapshot', { snapshot_id: snapshotId });
  } catch (error) {
    // Somebody has it open: the next look tries again.
    if (!hasCode(error, 'ceph.busy')) throw error;
  }
}

async function isOrphan(parts: SweepMemoryParts, image: string, snapshotId: string): Promise<boolean> {
  const { ceph, images, catalogue, operations, clock, pool, graceHours } = parts;
  const info = await ceph.imageInfo({ pool, image });
  // The age of an image without a time is unknown.
  if (!info || !(clock.now() - info.createdAtMs >= graceHours * MS_PER_HOUR)) return false;
  if (await catalogue.snapshot(snapshotId, null)) return false;
  const remembered = await operations.list({
    projectId: null,
    filters: [{ field: 'resource_id', op: 'eq', values: [snapshotId] }],
    sort: [{ field: 'created_at', descending: true }],
    limit: 100,
    marker: null,
  });
  if (remembered.some(({ status }) => status === 'queued' || status === 'running')) return false;
  return remembered.length > 0 || (await images.read({ pool, image })) === undefined;
}
