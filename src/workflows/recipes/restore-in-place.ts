import type { Workflow } from '../../workflow-engine/workflow.ts';
import { unmade } from '../ended.ts';
import { planInPlace, type RestoreInPlaceInput } from '../planning/plan-in-place.ts';
import { createVolume } from '../steps/volume/create-volume.ts';
import { liveVolume } from '../steps/volume/live-volume.ts';
import type { World } from '../world.ts';
import { draftSteps, makeDrafts } from './make-drafts.ts';
import { placeDisks } from './place-disks.ts';
import { replaceDisks, replaceSteps } from './replace-disks.ts';

/**
 * Brings the same server back to an earlier moment. All data are brought beside the living disks while the server runs,
 * and it is stopped only for the swap. Instant: the data come when the server runs again; until all are there it stays
 * locked, and its volumes guarded.
 */
export const restoreInPlace: Workflow<World> = {
  name: 'restore-in-place/1',
  steps: [planInPlace, createVolume, liveVolume, ...draftSteps, ...replaceSteps],

  async run(run, given) {
    const input = given as RestoreInPlaceInput;
    const plan = await run.step(planInPlace, input);
    const disks = await placeDisks(run, plan.disks);
    const coming = disks.map((disk) => ({ ...disk, keepSnap: !disk.made }));
    const opened = await makeDrafts(run, coming, input.instant ?? false);
    const { volumes } = await replaceDisks(run, input, { to: 'backup', disks, detach: plan.detach ?? [], opened });
    return { restore: { id: input.restore_id, change: { status: 'available', volumes } } };
  },

  ended: (operation, failure) => ({
    restore: {
      id: operation.resource_id,
      change: unmade(failure),
    },
  }),
};
