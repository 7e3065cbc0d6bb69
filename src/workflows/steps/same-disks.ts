import type { ImageRef } from '../../domain/disk.ts';
import { RewindError } from '../../domain/errors.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import { claimedVolume } from '../acts/own-volume.ts';
import type { World } from '../world.ts';
import { serverOf } from './server-of.ts';

/** A volume of the server as it was planned. */
export interface PlannedVolumeRef {
  volumeId: string;
  image: ImageRef;
}

/**
 * The server has exactly the volumes that were planned, and they are what they were. Rejects with `server.disks-changed`,
 * and as `claimedVolume` does: what is another's is not to be snapped.
 */
export async function refuseOtherDisks(
  context: StepContext<World>,
  serverId: string,
  planned: readonly PlannedVolumeRef[],
): Promise<void> {
  const server = await serverOf(context, serverId);
  const now = new Set(server.volumes.map((one) => one.volumeId));
  const seen = await Promise.all(planned.map((one) => claimedVolume(context, { ...one, serverId })));
  const same = now.size === planned.length && planned.every((one) => now.has(one.volumeId));
  if (same && seen.every((volume) => volume !== undefined)) return;
  throw new RewindError('server.disks-changed', 'The volumes of the server changed while it was snapped.', {
    hint: 'Try again when nothing is attached or detached.',
  });
}
