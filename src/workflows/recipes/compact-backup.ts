import type { Workflow } from '../../workflow-engine/workflow.ts';
import { type CompactBackupInput, planCompaction } from '../planning/plan-compaction.ts';
import { describeAnew } from '../steps/backup/describe-anew.ts';
import { keepManifestCopy } from '../steps/backup/keep-manifest-copy.ts';
import { mergeDisk, verifyMerged } from '../steps/backup/merge-disk.ts';
import { removeSupersededManifests } from '../steps/backup/remove-superseded.ts';
import type { World } from '../world.ts';

/**
 * Reduces the number of runs, on the target alone: neither the server nor Ceph is touched, and the server is not held.
 * Nothing is undone: until a manifest names a new run, the run is an orphan, which the sweep removes.
 */
export const compactBackup: Workflow<World> = {
  name: 'compact-backup/1',
  steps: [planCompaction, mergeDisk, verifyMerged, describeAnew, removeSupersededManifests, keepManifestCopy],

  async run(run, given) {
    const { server_id: serverId, target } = given as CompactBackupInput;
    const { merges } = await run.step(planCompaction, given as CompactBackupInput);
    const byDisk = { key: (merge: { diskId: string }) => merge.diskId, parallel: run.world.settings.disksInParallel };
    const merged = await run.each(merges, mergeDisk, {
      ...byDisk,
      input: ({ diskId, runs }) => ({ diskId, serverId, target, runs }),
    });
    await run.each(merged, verifyMerged, { ...byDisk, input: ({ run: one }) => ({ target, run: one }) });
    // Each manifest is complete by itself, the old one and the new one: so the point of no return costs nothing, and
    // nothing is waited for without end.
    await run.pointOfNoReturn();
    const backups = [...new Set(merges.flatMap((merge) => merge.backups))];
    const byBackup = { key: (id: string) => id, parallel: 1 };
    const described = await run.attemptEach(backups, describeAnew, {
      ...byBackup,
      input: (backupId) => ({ backupId, serverId, target, merged }),
    });
    const done = backups.filter((_, index) => described[index]?.described);
    const input = (backupId: string) => ({ backupId, serverId, target });
    await run.attemptEach(done, removeSupersededManifests, { ...byBackup, input });
    await run.attemptEach(done, keepManifestCopy, { ...byBackup, input });
    return {};
  },

  /** The backups stay as they are. */
  ended: () => ({}),
};
