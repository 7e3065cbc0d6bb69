import type { ImageRef } from '../../../domain/points/disk.ts';
import type { RecipeStep } from '../../world.ts';

/** How long servers have the gateway to themselves. */
const HEAD_START_MS = 20_000;

export interface BringDataInput {
  image: ImageRef;
  sizeBytes: number;
}

/**
 * Brings the data that an image still reads from the gateway, while its server runs. Continues where it was broken off.
 */
export const bringData: RecipeStep<BringDataInput, null> = {
  name: 'bring-data',
  async act(context, { image, sizeBytes }) {
    const { ceph } = context.world;
    const state = await ceph.migrationState(image);
    if (state === undefined || state === 'executed') return null;
    let told = 0;
    const tell = (share: number): void => {
      const bytes = Math.floor(share * sizeBytes);
      context.progress.add(bytes - told);
      told = bytes;
    };
    // The reads of a booting server would wait behind everything that is being brought.
    if (state === 'prepared') await context.world.clock.sleep(HEAD_START_MS, context.signal);
    try {
      await context.proveLease();
      await ceph.executeMigration(image, tell, context.signal);
    } catch (error) {
      // At the next try Ceph counts from the beginning, too.
      tell(0);
      throw error;
    }
    tell(1);
    return null;
  },
};

/** From now on the image depends on nothing; its address is closed. */
export const commitImage: RecipeStep<{ diskId: string; image: ImageRef }, null> = {
  name: 'commit-image',
  async act(context, { diskId, image }) {
    const { ceph, servedDisks } = context.world;
    if ((await ceph.migrationState(image)) !== undefined) {
      await context.proveLease();
      await ceph.commitMigration(image);
      context.boundary('committed');
    }
    await servedDisks.close(context.operation.id, diskId);
    const flags = (await ceph.imageInfo(image))?.flags ?? [];
    if (flags.length > 0) context.log.warn('Ceph flags a restored image: rbd object-map rebuild', { image, flags });
    return null;
  },
};
