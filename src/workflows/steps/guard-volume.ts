import { RewindError } from '../../domain/errors.ts';
import type { RecipeStep } from '../world.ts';

export interface GuardVolumeInput {
  volumeId: string;
  /** The status it had and gets back: `available` or `in-use`. */
  usual: string;
  /** Its Cinder snapshots may stay: the image is rolled back, not replaced. */
  snapshotsStay?: boolean;
}

const GUARD = 'maintenance';

/** While its image is swapped, Cinder refuses to attach, extend, snapshot, back up or delete the volume. */
export const guardVolume: RecipeStep<GuardVolumeInput, null> = {
  name: 'guard-volume',
  async act(context, { volumeId, usual, snapshotsStay }) {
    const { blockStorage } = context.world.cloud.admin;
    const volume = await blockStorage.volume(volumeId);
    if (volume?.status === GUARD) return null;
    if (volume?.status !== usual) {
      throw new RewindError('volume.wrong-state', `Volume ${volumeId} is busy in the Block Storage service.`);
    }
    await context.proveLease();
    await blockStorage.resetStatus(volumeId, GUARD);
    context.boundary('guarded');
    // The tenant may have been faster than the guard.
    if (!snapshotsStay && (await blockStorage.snapshotsOf(volumeId)).length > 0) throw hasSnapshots(volumeId);
    return null;
  },
  async undo(context, { volumeId, usual }) {
    const { blockStorage } = context.world.cloud.admin;
    const volume = await blockStorage.volume(volumeId);
    if (volume?.status === GUARD) await blockStorage.resetStatus(volumeId, usual);
  },
};

export const releaseVolume: RecipeStep<GuardVolumeInput, null> = {
  name: 'release-volume',
  async act(context, { volumeId, usual }) {
    const { blockStorage } = context.world.cloud.admin;
    const volume = await blockStorage.volume(volumeId);
    if (volume?.status === GUARD) {
      await context.proveLease();
      await blockStorage.resetStatus(volumeId, usual);
    }
    return null;
  },
};

export const hasSnapshots = (volumeId: string): RewindError =>
  new RewindError('volume.has-snapshots', `Volume ${volumeId} has snapshots in the Block Storage service.`, {
    hint: 'They depend on the data that would be replaced. Delete them, or restore as new volumes.',
  });
