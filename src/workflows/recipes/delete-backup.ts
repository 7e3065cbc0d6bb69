import type { Workflow } from '../../workflow-engine/workflow.ts';
import { type DeleteBackupInput, planDelete } from '../planning/plan-delete.ts';
import { awaitCompaction } from '../steps/backup/await-compaction.ts';
import { removeManifest, removeRuns, removeSnaps } from '../steps/backup/remove-backup.ts';
import type { World } from '../world.ts';

/** Any backup may be deleted: the others name the runs that they need. */
export const deleteBackup: Workflow<World> = {
  name: 'delete-backup/1',
  steps: [awaitCompaction, planDelete, removeManifest, removeRuns, removeSnaps],

  async run(run, given) {
    const input = given as DeleteBackupInput;
    await run.step(awaitCompaction, input);
    const plan = await run.step(planDelete, input);
    // If the target is away, it holds the server up no longer than one step is tried: then the backup is in error, and
    // can be deleted again.
    await run.step(removeManifest, { backupId: input.backup_id, plan });
    await run.pointOfNoReturn();
    await run.step(removeRuns, plan);
    await run.step(removeSnaps, plan);
    return { backup: { id: input.backup_id, remove: true } };
  },

  ended: (operation, failure) => ({
    backup: {
      id: operation.resource_id,
      change: { status: 'error', fail_code: failure.code, fail_reason: failure.reason },
    },
  }),
};
