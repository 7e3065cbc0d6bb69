import { hasCode, RewindError } from '../../../domain/errors.ts';
import { memoryImageName } from '../../../domain/names.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import type { Instant } from '../../../domain/points/instant.ts';
import { serverStateOf } from '../../lookups/server-of.ts';
import type { RecipeSettings, RecipeStep } from '../../world.ts';
import { withoutUnseenOpeners } from '../image/unseen-openers.ts';
import { type PlannedDisks, refuseChanged } from './same-disks.ts';
import { tellClock } from './tell-clock.ts';

/** Where the memory of a snapshot is kept. */
export const memoryOf = (settings: Pick<RecipeSettings, 'snapshotPool'>, snapshotId: string): ImageRef => ({
  pool: settings.snapshotPool,
  image: memoryImageName(snapshotId),
});

export interface SnapWithMemoryInput extends PlannedDisks {
  serverId: string;
  /** All disks of the server. */
  images: ImageRef[];
  snap: string;
  /** `memoryImageName` in the pool of snapshots. */
  memory: ImageRef;
}

/**
 * Saves the server's memory and makes one snap on every disk, all of one instant, through the agent of its host. There
 * is no `find`: what a killed worker or agent left may be of different instants, so everything is made again.
 */
export const snapWithMemory: RecipeStep<SnapWithMemoryInput, Instant> = {
  name: 'snap-with-memory',
  async act(context, { volumes, planned, ...input }) {
    const plan = { ...(volumes && { volumes }), ...(planned && { planned }) };
    await refuseChanged(context, input.serverId, plan);
    const { status, taskState, host } = await serverStateOf(context, input.serverId);
    if (status !== 'ACTIVE' || taskState !== null || host === null) {
      throw new RewindError('memory.not-running');
    }
    await context.proveLease();
    const request = { what: 'take-memory' as const, ...input };
    const ask = { operationId: context.operation.id, fence: context.fence, host, request };
    try {
      const take = () => context.world.hosts.takeMemory(ask, context.signal);
      const instant = await withoutUnseenOpeners(context, input.images, take);
      // If a disk is a stranger's by now, the undo removes its snap.
      await refuseChanged(context, input.serverId, plan);
      if (instant.clock) await tellClock(context, input.serverId, instant.clock);
      return instant;
    } catch (error) {
      throw hasCode(error, 'host.no-agent') ? nobody(error) : error;
    }
  },
  async undo({ world: { ceph, hosts }, operation, signal }, { images, snap, memory }) {
    await hosts.callOff(operation.id, signal);
    for (const image of images) await ceph.removeSnap(image, snap);
    await ceph.removeImage(memory);
  },
};

const nobody = (cause: unknown): RewindError => new RewindError('memory.unavailable', { cause });
