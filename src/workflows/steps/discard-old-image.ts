import type { ImageRef } from '../../domain/disk.ts';
import { backupOfSnapName } from '../../domain/names.ts';
import type { RecipeStep } from '../world.ts';
import { discardImage } from './fill-draft.ts';

/** The old data goes last of all. Only our own snaps are removed; with anybody else's the image stays and is told. */
export const discardOldImage: RecipeStep<{ aside: ImageRef }, null> = {
  name: 'discard-old-image',
  async act(context, { aside }) {
    const { ceph } = context.world;
    if (!(await ceph.imageInfo(aside))) return null;
    const ours = (await ceph.listSnaps(aside)).filter((snap) => backupOfSnapName(snap.name) !== undefined);
    await context.proveLease();
    await discardImage(
      context.world,
      aside,
      ours.map((snap) => snap.name),
    );
    return null;
  },
};
