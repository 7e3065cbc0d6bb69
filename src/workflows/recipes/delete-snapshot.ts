import type { Workflow } from '../../workflow-engine/workflow.ts';
import {
  type DeleteSnapshotInput,
  planDeleteSnapshot,
  removeMemory,
  removeSnapshotSnap,
} from '../steps/image/remove-snapshot.ts';
import type { World } from '../world.ts';

/** Any node of the tree may be deleted: each snap holds its own content. */
export const deleteSnapshot: Workflow<World> = {
  name: 'delete-snapshot/1',
  steps: [planDeleteSnapshot, removeSnapshotSnap, removeMemory],

  async run(run, given) {
    const input = given as DeleteSnapshotInput;
    const { images } = await run.step(planDeleteSnapshot, input);
    await run.pointOfNoReturn();
    await run.each(images, removeSnapshotSnap, { key: (image) => image.diskId, input: (image) => image, parallel: 1 });
    await run.step(removeMemory, input);
    // The node leaves the tree at the operation's end; its children become children of its parent.
    return { snapshot: { id: input.snapshot_id, remove: true } };
  },

  ended: (operation, failure) => ({
    snapshot: {
      id: operation.resource_id,
      change: { status: 'error', fail_code: failure.code, fail_reason: failure.reason },
    },
  }),
};
