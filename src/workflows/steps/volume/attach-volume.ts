import { hasCode, RewindError } from '../../../domain/errors.ts';
import type { AttachHow, Volume } from '../../../ports/openstack.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import { ask, hasAsked, lateEffect } from '../../acts/ask.ts';
import { forgottenByNova } from '../../acts/forgotten-volume.ts';
import { claimedVolume, isStranger, refuseStranger } from '../../acts/own-volume.ts';
import { attachAsAdmin, detachAsAdmin } from '../../acts/volume-acts.ts';
import { ATTACH_REFUSED_AFTER_MS, WAIT_ATTACHED_MS, WAIT_DETACHED_MS } from '../../recipe-limits.ts';
import type { RecipeStep, World } from '../../world.ts';

export interface AttachVolumeInput {
  serverId: string;
  volumeId: string;
  /** True: we have locked the server, so it obeys only an administrator. */
  locked: boolean;
  how?: AttachHow;
}

/**
 * Attaches through Nova, as a tenant would. Nova answers 200 at once and may fail silently: only `in-use` proves it.
 * For an administrator Nova does not compare the projects of server and volume: we do, before and once more after the
 * attachment, while the server is still stopped. While a volume is in use, nobody can give it away.
 */
export const attachVolume: RecipeStep<AttachVolumeInput, null> = {
  name: 'attach-volume',
  async find(context, input) {
    const volume = await claimedVolume(context, input);
    return volume?.status === 'available' && !isOn(volume, input.serverId) ? undefined : inUse(context, input);
  },
  async act(context, input) {
    const { serverId, volumeId, how } = input;
    const asTenant = () => {
      const { compute } = context.world.cloud.tenant(context.operation.project_id);
      return compute.attachVolume(serverId, volumeId, how);
    };
    await forgottenByNova(context, input);
    try {
      if (input.locked) await attachAsAdmin(context, input, how);
      else await ask(context, asTenant);
    } catch (error) {
      // An earlier request of ours that got no answer may have been heard all the same.
      if (!refusals.some((code) => hasCode(error, code)) || !(await isOnItsWay(context, input))) throw error;
    }
    context.boundary('asked');
    return inUse(context, input);
  },
  async undo(context, { serverId, volumeId }) {
    if (!hasAsked(context)) return;
    const { blockStorage } = context.world.cloud.admin;
    // If it is attached anywhere else, somebody else did that.
    const seen = await lateEffect(context, async () => {
      const volume = await blockStorage.volume(volumeId);
      if (!volume) return null;
      return isOn(volume, serverId) || isUnderWay(volume) ? volume : undefined;
    });
    if (!seen) return;
    // Nova must finish what it has begun before it can be asked for the opposite.
    await settled(context, volumeId, (volume) => !volume || !isUnderWay(volume));
    const volume = await blockStorage.volume(volumeId);
    if (!volume || !isOn(volume, serverId)) return;
    if (volume.status !== 'detaching') await detachAsAdmin(context, serverId, volumeId);
    await settled(context, volumeId, (now) => !now || !isOn(now, serverId));
    await forgottenByNova(context, { serverId, volumeId });
  },
};

const refusals = ['openstack.bad-request', 'openstack.conflict'] as const;
const isOn = (volume: Volume, serverId: string): boolean => volume.attachments.some((one) => one.serverId === serverId);
const isUnderWay = ({ status }: Volume): boolean => status === 'attaching' || status === 'reserved';

async function isOnItsWay(context: StepContext<World>, { serverId, volumeId }: AttachVolumeInput): Promise<boolean> {
  const volume = await context.world.cloud.admin.blockStorage.volume(volumeId);
  return volume !== undefined && (isOn(volume, serverId) || isUnderWay(volume));
}

const settled = (
  context: StepContext<World>,
  volumeId: string,
  done: (volume: Volume | undefined) => boolean,
): Promise<true> =>
  context.waitFor(
    async () => (done(await context.world.cloud.admin.blockStorage.volume(volumeId)) ? true : undefined),
    WAIT_DETACHED_MS,
    () => new RewindError('volume.not-detached', 'The volume could not be detached again.'),
  );

async function inUse(context: StepContext<World>, input: AttachVolumeInput): Promise<null> {
  const { clock, cloud } = context.world;
  let availableSince: number | undefined;
  const refused = () =>
    new RewindError(
      'volume.not-attached',
      `The Compute service accepted volume ${input.volumeId} but did not attach it.`,
    );
  return context.waitFor(
    async () => {
      const volume = await cloud.admin.blockStorage.volume(input.volumeId);
      if (!volume || volume.status.startsWith('error')) throw refused();
      await refuseGivenAway(context, volume, input);
      if (volume.status === 'in-use' && isOn(volume, input.serverId)) return null;
      if (volume.status !== 'available') availableSince = undefined;
      else {
        availableSince ??= clock.monotonic();
        if (clock.monotonic() - availableSince > ATTACH_REFUSED_AFTER_MS) throw refused();
      }
      return undefined;
    },
    WAIT_ATTACHED_MS,
    refused,
  );
}

/**
 * If the volume was given away between our look and Nova's, it goes back to its new owner before the server can run.
 */
async function refuseGivenAway(context: StepContext<World>, volume: Volume, input: AttachVolumeInput): Promise<void> {
  try {
    refuseStranger(context, volume, input);
  } catch (error) {
    if (isStranger(error) && isOn(volume, input.serverId) && volume.status === 'in-use') {
      await detachAsAdmin(context, input.serverId, input.volumeId);
      await settled(context, input.volumeId, (now) => !now || !isOn(now, input.serverId));
    }
    // While it is being attached to our server it is awaited, and then detached.
    if (isStranger(error) && isUnderWay(volume)) return;
    throw error;
  }
}
