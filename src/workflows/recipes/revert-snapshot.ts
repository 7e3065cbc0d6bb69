import type { Workflow } from '../../workflow-engine/workflow.ts';
import { unmade } from '../ended.ts';
import type { RestoreInPlaceInput } from '../planning/plan-in-place.ts';
import { planRevert } from '../planning/plan-revert.ts';
import { cloneDraft } from '../steps/image/clone-draft.ts';
import { stageMemory } from '../steps/server/restore-memory.ts';
import { memoryOf } from '../steps/server/snap-with-memory.ts';
import { createVolume } from '../steps/volume/create-volume.ts';
import { liveVolume } from '../steps/volume/live-volume.ts';
import type { World } from '../world.ts';
import { idOf, placeDisks } from './place-disks.ts';
import { replaceDisks, replaceSteps } from './replace-disks.ts';

/**
 * Brings the same server back to one of its snapshots. Small disks are rolled back while it is stopped; for large ones
 * a clone of the snap takes the image's place, and is made flat while the server runs again. With memory the server
 * goes on from there instead of being started.
 */
export const revertSnapshot: Workflow<World> = {
  name: 'revert-snapshot/1',
  steps: [planRevert, stageMemory, createVolume, liveVolume, cloneDraft, ...replaceSteps],

  async run(run, given) {
    const input = given as RestoreInPlaceInput;
    const plan = await run.step(planRevert, input);
    const memory = memoryOf(run.world.settings, input.snapshot_id ?? '');
    if (input.memory) await run.step(stageMemory, { serverId: input.server_id, memory });
    const disks = await placeDisks(run, plan.disks);
    await run.each(
      disks.filter((disk) => disk.method === 'clone'),
      cloneDraft,
      { key: idOf, input: ({ draft, live, source, finalSizeBytes }) => ({ draft, live, source, finalSizeBytes }) },
    );
    const detach = plan.detach ?? [];
    const replaced = await replaceDisks(run, input, { to: 'snapshot', disks, detach, opened: [] });
    return { restore: { id: input.restore_id, change: { status: 'available', ...replaced } } };
  },

  ended: (operation, failure) => ({
    restore: {
      id: operation.resource_id,
      change: unmade(failure),
    },
  }),
};
