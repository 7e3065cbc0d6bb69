import type { Workflow } from '../workflow-engine/workflow.ts';
import { compactBackup } from './compact-backup.ts';
import { copyBackup } from './copy-backup.ts';
import { createBackup } from './create-backup.ts';
import { createSnapshot } from './create-snapshot.ts';
import { deleteBackup } from './delete-backup.ts';
import { deleteSnapshot } from './delete-snapshot.ts';
import { importBackup } from './import-backup.ts';
import { repairBackup } from './repair-backup.ts';
import { restoreInPlace } from './restore-in-place.ts';
import { restoreNewServer } from './restore-new-server.ts';
import { restoreVolumes } from './restore-volumes.ts';
import { revertSnapshot } from './revert-snapshot.ts';
import { sweepRuns } from './sweep-runs.ts';
import { verifyBackup } from './verify-backup.ts';
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
