import type { Workflow } from '../workflow-engine/workflow.ts';
import { compactBackup } from './recipes/compact-backup.ts';
import { copyBackup } from './recipes/copy-backup.ts';
import { createBackup } from './recipes/create-backup.ts';
import { createSnapshot } from './recipes/create-snapshot.ts';
import { deleteBackup } from './recipes/delete-backup.ts';
import { deleteSnapshot } from './recipes/delete-snapshot.ts';
import { importBackup } from './recipes/import-backup.ts';
import { repairBackup } from './recipes/repair-backup.ts';
import { restoreInPlace } from './recipes/restore-in-place.ts';
import { restoreNewServer } from './recipes/restore-new-server.ts';
import { restoreVolumes } from './recipes/restore-volumes.ts';
import { revertSnapshot } from './recipes/revert-snapshot.ts';
import { sweepRuns } from './recipes/sweep-runs.ts';
import { verifyBackup } from './recipes/verify-backup.ts';
import type { World } from './world.ts';

/** Every recipe of this release. */
export const workflows: readonly Workflow<World>[] = [
  createBackup,
  deleteBackup,
  verifyBackup,
  repairBackup,
  importBackup,
  copyBackup,
  compactBackup,
  sweepRuns,
  restoreVolumes,
  restoreInPlace,
  createSnapshot,
  deleteSnapshot,
  revertSnapshot,
  restoreNewServer,
];
