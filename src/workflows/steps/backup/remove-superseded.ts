import { removeSuperseded } from '../../../archive/manifests/manifests.ts';
import type { RecipeStep } from '../../world.ts';

export interface RemoveSupersededInput {
  backupId: string;
  serverId: string;
  target: string;
}

/** The highest generation is the manifest already: those below it are only in the way. */
export const removeSupersededManifests: RecipeStep<RemoveSupersededInput, { removed: number }> = {
  name: 'remove-superseded',
  async act(context, { backupId, serverId, target }) {
    const { world, operation } = context;
    await context.proveLease();
    const ids = { projectId: operation.project_id, serverId, backupId };
    return { removed: await removeSuperseded(world.targets.get(target), ids) };
  },
};
