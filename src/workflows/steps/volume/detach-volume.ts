import { RewindError } from '../../../domain/errors.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import { hasAsked, lateEffect } from '../../acts/ask.ts';
import { forgottenByNova } from '../../acts/forgotten-volume.ts';
import { claimedVolume, isStranger } from '../../acts/own-volume.ts';
import { detachAsAdmin } from '../../acts/volume-acts.ts';
import { WAIT_DETACHED_MS } from '../../recipe-limits.ts';
import type { RecipeStep, World } from '../../world.ts';
import { attachVolume } from './attach-volume.ts';

export interface DetachVolumeInput {
  serverId: string;
  volumeId: string;
  /** The present setting, in case it is attached again. */
  deleteOnTermination: boolean;
}

/**
 * Detaches from the stopped, locked server. Nova answers 202 at once: it is proved only when nobody has the volume, and
 * Nova has forgotten it. Undone by attaching.
 */
export const detachVolume: RecipeStep<DetachVolumeInput, null> = {
  name: 'detach-volume',
  async act(context, { serverId, volumeId }) {
    const volume = await claimedVolume(context, { serverId, volumeId }).catch((error) => {
      // It left the server without us: whoever has it now keeps it.
      if (isStranger(error)) return undefined;
      throw error;
    });
    if (!isAttached(volume, serverId)) {
      if (volume) await forgottenByNova(context, { serverId, volumeId });
      return null;
    }
    // `detaching`: an earlier request was heard.
    if (volume?.status === 'in-use') {
      await detachAsAdmin(context, serverId, volumeId);
      context.boundary('asked');
    }
    return free(context, serverId, volumeId);
  },
  async undo(context, { serverId, volumeId, deleteOnTermination }) {
    if (!hasAsked(context)) return;
    const { blockStorage } = context.world.cloud.admin;
    // The requested detachment may be under way, or still to come.
    const gone = async () => {
      const volume = await blockStorage.volume(volumeId);
      return volume?.status === 'in-use' && isAttached(volume, serverId) ? undefined : true;
    };
    await lateEffect(context, gone);
    if ((await blockStorage.volume(volumeId))?.status === 'detaching') await free(context, serverId, volumeId);
    const volume = await blockStorage.volume(volumeId);
    if (!volume || isAttached(volume, serverId)) return;
    const input = { serverId, volumeId, locked: true, how: { deleteOnTermination } };
    try {
      if ((await attachVolume.find?.(context, input)) === undefined) await attachVolume.act(context, input);
    } catch (error) {
      if (!isStranger(error)) throw error;
      // Once it was detached, its owner could give it away or use it elsewhere.
      context.log.warn('a volume that was detached is not attached again, it has left', { volumeId, err: error });
    }
  },
};

type Seen = Awaited<ReturnType<World['cloud']['admin']['blockStorage']['volume']>>;

const isAttached = (volume: Seen, serverId: string): boolean =>
  volume?.attachments.some((one) => one.serverId === serverId) ?? false;

async function free(context: StepContext<World>, serverId: string, volumeId: string): Promise<null> {
  await context.waitFor(
    async () => {
      const volume = await context.world.cloud.admin.blockStorage.volume(volumeId);
      return !volume || (volume.status === 'available' && !isAttached(volume, serverId)) ? true : undefined;
    },
    WAIT_DETACHED_MS,
    () => new RewindError('volume.not-detached', 'A volume could not be detached.', { retry: false }),
  );
  await forgottenByNova(context, { serverId, volumeId });
  return null;
}
