import type { Workflow } from '../../workflow-engine/workflow.ts';
import { planSweep, type SweepRunsInput } from '../planning/plan-sweep.ts';
import { removeOrphans } from '../steps/backup/remove-orphans.ts';
import { removeSupersededManifests } from '../steps/backup/remove-superseded.ts';
import type { World } from '../world.ts';

/**
 * Removes runs that no manifest has named for a long time. The operation holds server and archive: nobody makes or uses
 * runs of the server now.
 */
export const sweepRuns: Workflow<World> = {
  name: 'sweep-runs/1',
  steps: [planSweep, removeSupersededManifests, removeOrphans],

  async run(run, given) {
    const { server_id: serverId, target } = given as SweepRunsInput;
    const { runs, superseded } = await run.step(planSweep, given as SweepRunsInput);
    await run.pointOfNoReturn();
    await run.attemptEach(superseded, removeSupersededManifests, {
      key: (backupId) => backupId,
      input: (backupId) => ({ backupId, serverId, target }),
    });
    // The server is held: a target that is away must not keep it from being backed up.
    await run.attempt(removeOrphans, { target, runs });
    return {};
  },

  ended: () => ({}),
};
