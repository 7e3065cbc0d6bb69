import { RewindError } from '../../../domain/errors.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import { refuseFirst } from '../../../domain/rules/refusal.ts';
import { unfitRefusals } from '../../../domain/rules/volume-rules.ts';
import { claimedVolume } from '../../acts/own-volume.ts';
import { volumeImageOf } from '../../lookups/locate-disks.ts';
import type { RecipeStep } from '../../world.ts';

export interface LiveVolume {
  diskId: string;
  volumeId: string;
  image: ImageRef;
}

/** Where a new volume lies in Ceph. Its image must be there: an unknown pool shows here, before anything is filled. */
export const liveVolume: RecipeStep<{ diskId: string; volumeId: string }, LiveVolume> = {
  name: 'locate-volume',
  async act(context, { diskId, volumeId }) {
    const { world } = context;
    const volume = await claimedVolume(context, { volumeId, serverId: null });
    // The image that replaces it is not encrypted.
    if (volume) refuseFirst(unfitRefusals(volume));
    const image = volume && volumeImageOf(world.settings, volume);
    if (image && (await world.ceph.imageInfo(image))) return { diskId, volumeId, image };
    throw new RewindError('disk.not-on-rbd', 'The new volume was not found in the storage pool it should be in.', {
      hint: 'Its volume type may belong to another backend; the operator should look at ceph.volume_hosts.',
    });
  },
};
