import type { AttachHow } from '../../ports/openstack.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import type { World } from '../world.ts';
import { adminHands } from './admin-hands.ts';
import { ask } from './ask.ts';
import { claimedVolume, isStranger, type VolumeClaim } from './own-volume.ts';

type Context = StepContext<World>;

/** While a volume has this status, Cinder lets nobody but an administrator change it. */
export const GUARD = 'maintenance';

/**
 * Sets the guard. From then on nobody can give the volume away; a second look finds a tenant who was faster, and they
 * get it back as it was. Rejects as `claimedVolume` does.
 */
export async function guard(context: Context, claim: VolumeClaim): Promise<void> {
  await claimedVolume(context, claim);
  await ask(context, () => adminHands(context).blockStorage.resetStatus(claim.volumeId, GUARD));
  context.boundary('guarded');
  try {
    await claimedVolume(context, claim);
  } catch (error) {
    if (isStranger(error)) await letGo(context, claim.volumeId);
    throw error;
  }
}

/** Removes a guard of ours. The volume's present state decides which status it gets, not its former one. */
export async function letGo(context: Context, volumeId: string): Promise<void> {
  const { blockStorage } = adminHands(context);
  const volume = await blockStorage.volume(volumeId);
  if (volume?.status !== GUARD) return;
  await context.proveLease();
  await blockStorage.resetStatus(volumeId, volume.attachments.length > 0 ? 'in-use' : 'available');
}

/**
 * Attaches as an administrator, to a server that we have locked. The caller waits until the volume is attached, and
 * looks again then.
 */
export async function attachAsAdmin(
  context: Context,
  claim: VolumeClaim & { serverId: string },
  how: AttachHow | undefined,
): Promise<void> {
  await claimedVolume(context, claim);
  await ask(context, () => adminHands(context).compute.attachVolume(claim.serverId, claim.volumeId, how));
}

/** Detaches from the server of the operation only: other servers' volumes are not touched. */
export async function detachAsAdmin(context: Context, serverId: string, volumeId: string): Promise<void> {
  await ask(context, () => adminHands(context).compute.detachVolume(serverId, volumeId));
}
