import type { Route } from '../route.ts';
import { createBackup } from './backups/create-backup.ts';
import { deleteBackup } from './backups/delete-backup.ts';
import { listBackups } from './backups/list-backups.ts';
import { showBackup } from './backups/show-backup.ts';
import { updateBackup } from './backups/update-backup.ts';
import { verifyBackup } from './backups/verify-backup.ts';
import { cancelOperation } from './operations/cancel-operation.ts';
import { listOperations } from './operations/list-operations.ts';
import { showOperation } from './operations/show-operation.ts';
import { createRestore } from './restores/create-restore.ts';
import { listRestores } from './restores/list-restores.ts';
import { showRestore } from './restores/show-restore.ts';

/** Every endpoint that needs a token. */
export const routes: readonly Route[] = [
  createBackup,
  listBackups,
  showBackup,
  updateBackup,
  deleteBackup,
  verifyBackup,
  createRestore,
  listRestores,
  showRestore,
  listOperations,
  showOperation,
  cancelOperation,
];
