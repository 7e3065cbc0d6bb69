import type { Workflow } from '../../workflow-engine/workflow.ts';
import { unmade } from '../ended.ts';
import { type CopyBackupInput, planCopy } from '../planning/plan-copy.ts';
import { copyKeys, copyRun, verifyCopied } from '../steps/backup/copy-runs.ts';
import { describeCopy } from '../steps/backup/describe-copy.ts';
import { keepManifestCopy } from '../steps/backup/keep-manifest-copy.ts';
import type { World } from '../world.ts';

const RUNS_IN_PARALLEL = 2;

/**
 * A second copy on another target: it is a backup of its own, and stays when the first is deleted or its target is
 * lost.
 */
export const copyBackup: Workflow<World> = {
  name: 'copy-backup/1',
  steps: [planCopy, copyKeys, copyRun, verifyCopied, describeCopy, keepManifestCopy],

  async run(run, given) {
    const input = given as CopyBackupInput;
    const { backup_id: backupId, server_id: serverId, target: to } = input;
    const { from, disks, runs, keys } = await run.step(planCopy, input);
    await run.step(copyKeys, { from, to, keys });
    const byRun = { key: (one: { object: string }) => one.object, parallel: RUNS_IN_PARALLEL };
    await run.each(runs, copyRun, { ...byRun, input: (one) => ({ from, to, serverId, run: one }) });
    await run.each(runs, verifyCopied, { ...byRun, input: (one) => ({ to, run: one }) });
    const described = await run.step(describeCopy, { ...input, disks });
    await run.pointOfNoReturn();
    await run.step(keepManifestCopy, { backupId, serverId, target: to });
    const { incremental, base_backup_id, consistency, paused_ms, data_timestamp, server_name } = described;
    const { size_bytes, changed_bytes, stored_bytes } = described;
    const change = {
      ...{
        status: 'available' as const,
        server_name,
        incremental,
        base_backup_id,
        consistency,
        paused_ms,
        data_timestamp,
      },
      ...{ size_bytes, changed_bytes, stored_bytes },
      disks: described.disks.map(({ id, kind, volume_id, device, boot_index, ...disk }) => ({
        ...{ id, kind, volume_id, device, boot_index, size_bytes: disk.size_bytes, changed_bytes: disk.changed_bytes },
        ...{ stored_bytes: disk.stored_bytes, incremental: disk.incremental, full_reason: disk.full_reason },
      })),
    };
    return { backup: { id: backupId, change } };
  },

  ended: (operation, failure) => ({
    backup: {
      id: operation.resource_id,
      change: unmade(failure),
    },
  }),
};
