import { RewindError } from '../../../domain/errors.ts';
import type { RecipeStep } from '../../world.ts';
import type { Left } from '../image/swap-image.ts';

/** Reports at the end what was not done. */
export const tellLeft: RecipeStep<Left, null> = {
  name: 'tell-left',
  async act(_context, { left }) {
    throw new RewindError('restore.disk-left', `A disk was left as it is. ${left.reason}`);
  },
};
