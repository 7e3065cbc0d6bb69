import type { AttachHow } from '../../ports/openstack.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import type { World } from '../world.ts';
import { adminHands } from './admin-hands.ts';
import { ask } from './ask.ts';
import { claimedVolume, isStranger, type VolumeClaim } from './own-volume.ts';

type Context = StepContext<World>;

/** While a volume has this status Cinder lets nobody but an administrator do anything to it. */
export const GUARD = 'maintenance';

/**
 * Puts the guard on. From then on nobody can give the volume away; who was faster is seen by a second look, and gets
 * it back as it was. Rejects as `claimedVolume` does.
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

/** Takes a guard of ours off. What it is by now says which status it gets, not what it was. */
export async function letGo(context: Context, volumeId: string): Promise<void> {
  const { blockStorage } = adminHands(context);
  const volume = await blockStorage.volume(volumeId);
  if (volume?.status !== GUARD) return;
  await context.proveLease();
  await blockStorage.resetStatus(volumeId, volume.attachments.length > 0 ? 'in-use' : 'available');
}

/** As an administrator, to a server that we have locked. The caller waits until it is there, and looks again then. */
export async function attachAsAdmin(
  context: Context,
  claim: VolumeClaim & { serverId: string },
  how: AttachHow | undefined,
): Promise<void> {
  await claimedVolume(context, claim);
  await ask(context, () => adminHands(context).compute.attachVolume(claim.serverId, claim.volumeId, how));
}

/** From the server of the operation only: what another has is not asked for. */
export async function detachAsAdmin(context: Context, serverId: string, volumeId: string): Promise<void> {
  await ask(context, () => adminHands(context).compute.detachVolume(serverId, volumeId));
}
