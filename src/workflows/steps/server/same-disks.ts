import { RewindError } from '../../../domain/errors.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import { claimedVolume } from '../../acts/own-volume.ts';
import { serverOf } from '../../lookups/server-of.ts';
import type { World } from '../../world.ts';

/** A volume of the server, as it was planned. */
interface PlannedVolumeRef {
  volumeId: string;
  image: ImageRef;
}

/** A disk's image, as it was planned. */
interface PlannedImage {
  image: ImageRef;
  /** Ceph's own id: a rebuild, a reimage or a retype puts another image under the same name. */
  imageId: string;
}

/** What was planned, as far as it is recorded: journals of older releases lack parts of it. */
export interface PlannedDisks {
  /** Those of the images that are volumes; absent: their owners are not checked. */
  volumes?: PlannedVolumeRef[];
  planned?: PlannedImage[];
}

/** Rejects like `refuseOtherDisks`, and with `server.disks-changed` when an image is not the planned one. */
export async function refuseChanged(
  context: StepContext<World>,
  serverId: string,
  { volumes, planned = [] }: PlannedDisks,
): Promise<void> {
  if (volumes) await refuseOtherDisks(context, serverId, volumes);
  const { ceph } = context.world;
  const now = await Promise.all(planned.map(({ image }) => ceph.imageInfo(image)));
  if (planned.some(({ imageId }, index) => now[index]?.id !== imageId)) throw changed();
}

/**
 * Requires that the server has exactly the planned volumes, unchanged. Rejects with `server.disks-changed`, and like
 * `claimedVolume`: another's disk must not be snapped.
 */
async function refuseOtherDisks(
  context: StepContext<World>,
  serverId: string,
  planned: readonly PlannedVolumeRef[],
): Promise<void> {
  const server = await serverOf(context, serverId);
  const now = new Set(server.volumes.map((one) => one.volumeId));
  const seen = await Promise.all(planned.map((one) => claimedVolume(context, { ...one, serverId })));
  const same = now.size === planned.length && planned.every((one) => now.has(one.volumeId));
  if (same && seen.every((volume) => volume !== undefined)) return;
  throw changed();
}

const changed = (): RewindError => new RewindError('server.disks-changed');
