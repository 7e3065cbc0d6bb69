import type { RunRef } from '../../../archive/manifests/manifest.ts';
import { firstDifference } from '../../../archive/runs/first-difference.ts';
import { restoreStream } from '../../../archive/runs/restore-stream.ts';
import { hasCode, RewindError } from '../../../domain/errors.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import { readDiff } from '../../../rbd-diff/reader.ts';
import { throttled } from '../../lookups/throttle.ts';
import type { RecipeStep, World } from '../../world.ts';

export interface ComparedDisk {
  diskId: string;
  target: string;
  image: ImageRef;
  snap: string;
  sizeBytes: number;
  runs: RunRef[];
}

/**
 * Compares what the backup restores to, byte by byte, with the snap that it was made from. Reads both, in bounded
 * memory.
 */
export const compareSource: RecipeStep<ComparedDisk, null> = {
  name: 'compare-source',
  async act(context, { diskId, target, image, snap, sizeBytes, runs }) {
    const { world, signal, progress } = context;
    if (!(await hasSource(world, { image, snap, sizeBytes }))) throw sourceGone();
    const expect = { fromSnap: null, toSnap: snap, sizeBytes };
    const restored = restoreStream({
      ...{ runs, sizeBytes, toSnap: snap, target: world.targets.get(target), keys: world.keys, signal },
      onProgress: (bytes) => progress.add(bytes),
    });
    const source = world.ceph.exportDiff(image, snap, undefined, signal);
    try {
      const paced = throttled(source.stream, world.settings.maxBytesPerSecond, world.clock, signal);
      const [mine, theirs] = [await readDiff(restored, expect), await readDiff(paced, expect)];
      const at = await firstDifference(mine.records, theirs.records);
      if (at !== undefined) throw differs(diskId, at);
      await source.finished;
    } finally {
      source.kill();
    }
    return null;
  },
};

/** Whether the snap that a backup was made from is still on the disk. */
export async function hasSource(
  { ceph }: Pick<World, 'ceph'>,
  { image, snap, sizeBytes }: Pick<ComparedDisk, 'image' | 'snap' | 'sizeBytes'>,
): Promise<boolean> {
  try {
    return (await ceph.listSnaps(image)).some((one) => one.name === snap && one.sizeBytes === sizeBytes);
  } catch (error) {
    if (hasCode(error, 'ceph.not-found')) return false;
    throw error;
  }
}

const sourceGone = (): RewindError => new RewindError('verify.source-gone');

const differs = (diskId: string, at: number): RewindError =>
  new RewindError(
    'archive.differs-from-source',
    `Disk ${diskId} restores to other bytes than it was backed up from, at ${at}.`,
  );
