import type { RecipeStep } from '../../world.ts';

export interface RemoveOrphansInput {
  target: string;
  runs: string[];
}

/** Nobody names them, and the server has been held all the time since. */
export const removeOrphans: RecipeStep<RemoveOrphansInput, { removed: number }> = {
  name: 'remove-orphans',
  async act(context, { target: name, runs }) {
    const { targets, condemnedRuns } = context.world;
    const target = targets.get(name);
    for (const run of runs) {
      await context.proveLease();
      await target.remove(run);
      context.boundary('removed-run');
    }
    await condemnedRuns.forgive(name, runs);
    if (runs.length > 0) context.log.info('removed runs that no backup needs', { target: name, runs: runs.length });
    return { removed: runs.length };
  },
};
