import { RewindError } from '../../domain/errors.ts';
import type { World } from '../world.ts';

/**
 * Refuses a new point while a pool that it fills further is nearly full: a full Ceph stops every server of the cloud.
 * An unknown fill level refuses nothing. Restores are not refused. @throws RewindError `ceph.nearly-full` (errored)
 */
export async function refuseNearlyFull({ ceph, settings }: World, pools: readonly string[]): Promise<void> {
  const { nearlyFullRatio: most = 1 } = settings;
  if (most >= 1) return;
  for (const pool of new Set(pools)) {
    const used = await ceph.poolUsage(pool);
    if (used === undefined || used < most) continue;
    throw new RewindError('ceph.nearly-full');
  }
}
