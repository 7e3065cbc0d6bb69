import type { Caller } from '../domain/caller.ts';
import { cancelOperation } from './cancel-operation.ts';
import { copyBackup } from './copy-backup.ts';
import { createBackup } from './create-backup.ts';
import { createPolicy } from './create-policy.ts';
import { createRestore, dryRunRestore } from './create-restore.ts';
import { createSnapshot } from './create-snapshot.ts';
import { deleteBackup } from './delete-backup.ts';
import { deletePolicy } from './delete-policy.ts';
import { deleteSnapshot } from './delete-snapshot.ts';
import type { ServiceDeps } from './deps.ts';
import { importBackup } from './import-backup.ts';
import { listBackups } from './list-backups.ts';
import { listOperations } from './list-operations.ts';
import { listPolicies } from './list-policies.ts';
import { listPolicyRuns } from './list-policy-runs.ts';
import { listRestores } from './list-restores.ts';
import { listServers } from './list-servers.ts';
import { listSnapshots } from './list-snapshots.ts';
import { listTargets, showTarget } from './list-targets.ts';
import { deleteMessage, listMessages, showMessage } from './messages.ts';
import { deleteQuotaSet, showQuotaSet, updateQuotaSet } from './quota-sets.ts';
import { showBackup } from './show-backup.ts';
import { showLimits } from './show-limits.ts';
import { showManifest } from './show-manifest.ts';
import { showOperation } from './show-operation.ts';
import { showPolicy } from './show-policy.ts';
import { showRestore } from './show-restore.ts';
import { showSnapshot } from './show-snapshot.ts';
import { showSnapshotTree } from './show-snapshot-tree.ts';
import { simulateNewPolicy, simulatePolicy } from './simulate-policy.ts';
import { updateBackup } from './update-backup.ts';
import { updatePolicy } from './update-policy.ts';
import { updateSnapshot } from './update-snapshot.ts';
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
    copyBackup: bind(copyBackup),
    createSnapshot: bind(createSnapshot),
    listSnapshots: bind(listSnapshots),
    showSnapshot: bind(showSnapshot),
    updateSnapshot: bind(updateSnapshot),
    deleteSnapshot: bind(deleteSnapshot),
    showSnapshotTree: bind(showSnapshotTree),
    listTargets: bind(listTargets),
    showTarget: bind(showTarget),
    showManifest: bind(showManifest),
    importBackup: bind(importBackup),
    createRestore: bind(createRestore),
    dryRunRestore: bind(dryRunRestore),
    listRestores: bind(listRestores),
    showRestore: bind(showRestore),
    listMessages: bind(listMessages),
    showMessage: bind(showMessage),
    deleteMessage: bind(deleteMessage),
    listServers: bind(listServers),
    showLimits: bind(showLimits),
    showQuotaSet: bind(showQuotaSet),
    updateQuotaSet: bind(updateQuotaSet),
    deleteQuotaSet: bind(deleteQuotaSet),
    createPolicy: bind(createPolicy),
    listPolicies: bind(listPolicies),
    showPolicy: bind(showPolicy),
    updatePolicy: bind(updatePolicy),
    deletePolicy: bind(deletePolicy),
    simulatePolicy: bind(simulatePolicy),
    simulateNewPolicy: bind(simulateNewPolicy),
    listPolicyRuns: bind(listPolicyRuns),
    listOperations: bind(listOperations),
    showOperation: bind(showOperation),
    cancelOperation: bind(cancelOperation),
  };
}
