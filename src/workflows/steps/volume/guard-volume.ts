import { RewindError } from '../../../domain/errors.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import { errorOfRefusal } from '../../../domain/rules/refusal.ts';
import { hasSnapshotsRefusal } from '../../../domain/rules/volume-rules.ts';
import { hasAsked, lateEffect } from '../../acts/ask.ts';
import { claimedVolume } from '../../acts/own-volume.ts';
import { GUARD, guard, letGo } from '../../acts/volume-acts.ts';
import type { RecipeStep } from '../../world.ts';
import { type Owing, orOwe } from '../backup/owe.ts';

export interface GuardVolumeInput {
  volumeId: string;
  /** The status that it had and gets back: `available` or `in-use`. */
  usual: string;
  /** The server that may have it. */
  serverId?: string | null;
  /** Where its data lie. */
  image?: ImageRef;
  /** True: its Cinder snapshots may stay, because the image is rolled back, not replaced. */
  snapshotsStay?: boolean;
  /** Size of the waiting draft, which cannot grow any more: an image that has more bytes by now was extended. */
  mostBytes?: number;
  /** Nothing waits for its release: when Cinder cannot do it now, it becomes a debt. */
  mayOwe?: boolean;
}

/**
 * While its image is swapped, Cinder refuses to attach, extend, snapshot, back up, give away or delete the volume. If a
 * volume is in maintenance already, and not by this very step, an operator did that: it is refused and stays as it is.
 */
export const guardVolume: RecipeStep<GuardVolumeInput, null> = {
  name: 'guard-volume',
  async act(context, { volumeId, usual, serverId = null, image, snapshotsStay, mostBytes }) {
    const { blockStorage } = context.world.cloud.admin;
    const claim = { volumeId, serverId, ...(image && { image }) };
    const volume = await claimedVolume(context, claim);
    if (volume?.status !== GUARD || !hasAsked(context)) {
      if (volume?.status !== usual) throw wrongState(volumeId, volume?.status);
      await guard(context, claim);
    }
    const info = image && mostBytes !== undefined ? await context.world.ceph.imageInfo(image) : undefined;
    if (info && info.sizeBytes > (mostBytes ?? 0)) throw extended(volumeId);
    // The tenant may have been faster than the guard.
    if (!snapshotsStay && (await blockStorage.snapshotsOf(volumeId)).length > 0)
      throw errorOfRefusal(hasSnapshotsRefusal(volumeId));
    return null;
  },
  async undo(context, { volumeId }) {
    if (!hasAsked(context)) return;
    const { blockStorage } = context.world.cloud.admin;
    await lateEffect(context, async () => ((await blockStorage.volume(volumeId))?.status === GUARD ? true : undefined));
    await letGo(context, volumeId);
  },
};

/** Removes what `guardVolume` set, according to the journal. */
export const releaseVolume: RecipeStep<GuardVolumeInput, null> = {
  name: 'release-volume',
  async act(context, { volumeId, mayOwe }) {
    const owing: Owing = { kind: 'volume-status', subject: volumeId, details: { volume_id: volumeId } };
    if (mayOwe) await orOwe(context, owing, () => letGo(context, volumeId));
    else await letGo(context, volumeId);
    return null;
  },
};

const wrongState = (volumeId: string, status: string | undefined): RewindError =>
  new RewindError(
    'volume.wrong-state',
    `Volume ${volumeId} is ${status === GUARD ? 'kept in maintenance by an operator' : 'busy in the Block Storage service'}.`,
  );

const extended = (volumeId: string): RewindError =>
  new RewindError('volume.extended', `Volume ${volumeId} was extended meanwhile.`);
