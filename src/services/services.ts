import type { Caller } from '../domain/caller.ts';
import { cancelOperation } from './cancel-operation.ts';
import { createBackup } from './create-backup.ts';
import { createRestore, dryRunRestore } from './create-restore.ts';
import { deleteBackup } from './delete-backup.ts';
import type { ServiceDeps } from './deps.ts';
import { listBackups } from './list-backups.ts';
import { listOperations } from './list-operations.ts';
import { listRestores } from './list-restores.ts';
import { showBackup } from './show-backup.ts';
import { showOperation } from './show-operation.ts';
import { showRestore } from './show-restore.ts';
import { updateBackup } from './update-backup.ts';
import { verifyBackup } from './verify-backup.ts';

/** Everything a caller may ask. None waits for the work, none touches Ceph. */
export type Services = ReturnType<typeof createServices>;

export function createServices(deps: ServiceDeps) {
  const bind =
    <A extends unknown[], R>(act: (deps: ServiceDeps, caller: Caller, ...rest: A) => R) =>
    (caller: Caller, ...rest: A): R =>
      act(
        { ...deps, log: deps.log.with({ request_id: caller.requestId, project_id: caller.projectId }) },
        caller,
        ...rest,
      );
  return {
    createBackup: bind(createBackup),
    listBackups: bind(listBackups),
    showBackup: bind(showBackup),
    updateBackup: bind(updateBackup),
    deleteBackup: bind(deleteBackup),
    verifyBackup: bind(verifyBackup),
    createRestore: bind(createRestore),
    dryRunRestore: bind(dryRunRestore),
    listRestores: bind(listRestores),
    showRestore: bind(showRestore),
    listOperations: bind(listOperations),
    showOperation: bind(showOperation),
    cancelOperation: bind(cancelOperation),
  };
}
