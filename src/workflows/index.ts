import type { Workflow } from '../workflow-engine/workflow.ts';
import { createBackup } from './create-backup.ts';
import { deleteBackup } from './delete-backup.ts';
import { restoreInPlace } from './restore-in-place.ts';
import { restoreVolumes } from './restore-volumes.ts';
import { verifyBackup } from './verify-backup.ts';
import type { World } from './world.ts';

/** Every recipe of this release. */
export const workflows: readonly Workflow<World>[] = [
  createBackup,
  deleteBackup,
  verifyBackup,
  restoreVolumes,
  restoreInPlace,
];
