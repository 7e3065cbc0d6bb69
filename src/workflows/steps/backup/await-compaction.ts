import { archiveHoldId } from '../../../domain/names.ts';
import { LetGo } from '../../../workflow-engine/signals.ts';
import type { DeleteBackupInput } from '../../planning/plan-delete.ts';
import type { RecipeStep } from '../../world.ts';

const LOOK_MS = 500;
/** After this, the worker's place goes to others: the compaction itself may be waiting for one. */
const PATIENCE_MS = 20_000;
/** The first wait before the operation is looked at again. */
const FIRST_WAIT_MS = 5_000;

/**
 * A compaction of the server's backups is asked to stop, and awaited: it must not rewrite the manifest of a backup that
 * is being deleted. A compaction that begins later sees the deletion.
 */
export const awaitCompaction: RecipeStep<DeleteBackupInput, null> = {
  name: 'await-compaction',
  async act({ world, operation, signal, log }, { backup_id: backupId }) {
    const { catalogue, operations, clock } = world;
    const backup = await catalogue.backup(backupId, operation.project_id);
    if (!backup) return null;
    const hold = archiveHoldId(backup.server_id);
    for (const began = clock.monotonic(); ; ) {
      const holder = await operations.holderOf(hold);
      if (holder === undefined) return null;
      await operations.requestCancel(holder);
      if (await operations.forget(holder)) continue;
      if (clock.monotonic() - began > PATIENCE_MS) {
        log.info('waits for a compaction to end', { other_operation_id: holder });
        throw new LetGo('not-yet', FIRST_WAIT_MS);
      }
      await clock.sleep(LOOK_MS, signal);
    }
  },
};
