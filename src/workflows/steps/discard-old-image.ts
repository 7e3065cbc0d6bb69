import type { ImageRef } from '../../domain/disk.ts';
import type { RecipeStep } from '../world.ts';
import { discardUnneeded } from './remove-snapshot.ts';

/** The old data goes last of all; with snapshots on it, it stays until the last of them is deleted. */
export const discardOldImage: RecipeStep<{ aside: ImageRef }, null> = {
  name: 'discard-old-image',
  async act(context, { aside }) {
    await discardUnneeded(context, aside);
    return null;
  },
};
