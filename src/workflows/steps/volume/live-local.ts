import { RewindError } from '../../../domain/errors.ts';
import { type LocalDisk, localImageName } from '../../../domain/names.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import type { RecipeStep } from '../../world.ts';

export interface LiveLocal {
  diskId: string;
  image: ImageRef;
  sizeBytes: number;
}

/** Where Nova put a disk that it made itself, for a server that it just made. */
export const liveLocal: RecipeStep<{ diskId: string; serverId: string; disk: LocalDisk }, LiveLocal> = {
  name: 'locate-local',
  async act({ world }, { diskId, serverId, disk }) {
    const image = { pool: world.settings.rootPool, image: localImageName(serverId, disk) };
    const info = await world.ceph.imageInfo(image);
    if (info) return { diskId, image, sizeBytes: info.sizeBytes };
    throw new RewindError(
      'disk.not-on-rbd',
      'A disk of the new server was not found in the storage pool it should be in.',
      {
        hint: 'The operator should compare ceph.pools with images_rbd_pool of nova-compute; the flavor must have the same ephemeral and swap disks.',
      },
    );
  },
};
