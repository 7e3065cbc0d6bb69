import { hasCode, RewindError } from '../../../domain/errors.ts';
import type { Consistency } from '../../../domain/points/backup.ts';
import type { Instant, InstantRequest } from '../../../domain/points/instant.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import { serverStateOf } from '../../lookups/server-of.ts';
import type { RecipeStep, World } from '../../world.ts';
import { type PlannedDisks, refuseChanged } from '../server/same-disks.ts';
import { withoutUnseenOpeners } from './unseen-openers.ts';

export interface SnapDisksInput extends InstantRequest, PlannedDisks {}

/**
 * Makes one snap on every disk, all of one instant: through the agent of the server's host where the server runs,
 * otherwise from here. There is no `find`: snaps that a killed worker left may be of another moment than those still to
 * be made, so all are made again.
 */
export const snapDisks: RecipeStep<SnapDisksInput, Instant> = {
  name: 'snap-disks',
  async act(context, { volumes, planned, ...request }) {
    const { serverId, images } = request;
    const plan = { ...(volumes && { volumes }), ...(planned && { planned }) };
    await refuseChanged(context, serverId, plan);
    await context.proveLease();
    const instant = await withoutUnseenOpeners(context, images, async () => {
      await removeSnaps(context, request);
      context.boundary('removed-stale');
      return takeSnaps(context, request);
    });
    // The waits before this were long enough for a volume to go to somebody else, or for a disk to be replaced: snaps
    // of those are not kept.
    await refuseChanged(context, serverId, plan).catch(async (error) => {
      await removeSnaps(context, request);
      throw error;
    });
    return instant;
  },
  async undo(context, { snap, images }) {
    await context.world.hosts.callOff(context.operation.id, context.signal);
    for (const image of images) await context.world.ceph.removeSnap(image, snap);
  },
};

async function takeSnaps(context: StepContext<World>, request: InstantRequest): Promise<Instant> {
  // The host is asked for now: the server may have moved since the plan.
  const { status, host } = await serverStateOf(context, request.serverId);
  if (status === 'SHUTOFF' || host === null) return snapsFromHere(context, request, 'crash');
  try {
    const ask = { operationId: context.operation.id, fence: context.fence, host, request };
    return await context.world.hosts.takeInstant(ask, context.signal);
  } catch (error) {
    context.signal.throwIfAborted();
    // A single disk needs no agent: a snap of one image is of one instant by itself.
    const reached: Consistency = request.images.length > 1 ? 'per-disk' : 'crash';
    const nobody = hasCode(error, 'host.no-agent');
    if (request.wanted !== 'best' && !(nobody && request.wanted === reached)) {
      throw nobody ? unavailable(error) : error;
    }
    context.log.warn('the server cannot be held', { reached, err: error });
    await removeSnaps(context, request);
    return snapsFromHere(context, request, reached);
  }
}

const removeSnaps = ({ world: { ceph } }: StepContext<World>, { images, snap }: InstantRequest): Promise<unknown> =>
  Promise.all(images.map((image) => ceph.removeSnap(image, snap)));

async function snapsFromHere(
  { world: { ceph, clock } }: StepContext<World>,
  { images, snap }: InstantRequest,
  consistency: Consistency,
): Promise<Instant> {
  const at = new Date(clock.now()).toISOString();
  await Promise.all(images.map((image) => ceph.createSnap(image, snap)));
  return { at, consistency, pausedMs: null };
}

const unavailable = (cause: unknown): RewindError => new RewindError('consistency.unavailable', { cause });
