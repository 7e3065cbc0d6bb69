import type { Route } from '../route.ts';
import { copyBackup } from './backups/copy-backup.ts';
import { createBackup } from './backups/create-backup.ts';
import { deleteBackup } from './backups/delete-backup.ts';
import { importBackup } from './backups/import-backup.ts';
import { listBackups } from './backups/list-backups.ts';
import { showBackup } from './backups/show-backup.ts';
import { showManifest } from './backups/show-manifest.ts';
import { updateBackup } from './backups/update-backup.ts';
import { verifyBackup } from './backups/verify-backup.ts';
import { deleteMessage } from './messages/delete-message.ts';
import { listMessages } from './messages/list-messages.ts';
import { showMessage } from './messages/show-message.ts';
import { cancelOperation } from './operations/cancel-operation.ts';
import { listOperations } from './operations/list-operations.ts';
import { showOperation } from './operations/show-operation.ts';
import { createPolicy } from './policies/create-policy.ts';
import { deletePolicy } from './policies/delete-policy.ts';
import { listPolicies } from './policies/list-policies.ts';
import { listPolicyRuns } from './policies/list-policy-runs.ts';
import { showPolicy } from './policies/show-policy.ts';
import { simulateNewPolicy, simulatePolicy, simulatePolicyChange } from './policies/simulate-policy.ts';
import { updatePolicy } from './policies/update-policy.ts';
import { deleteQuotaSet } from './quotas/delete-quota-set.ts';
import { showLimits } from './quotas/show-limits.ts';
import { showQuotaSet } from './quotas/show-quota-set.ts';
import { updateQuotaSet } from './quotas/update-quota-set.ts';
import { createRestore } from './restores/create-restore.ts';
import { listRestores } from './restores/list-restores.ts';
import { showRestore } from './restores/show-restore.ts';
import { listServers } from './servers/list-servers.ts';
import { createSnapshot } from './snapshots/create-snapshot.ts';
import { deleteSnapshot } from './snapshots/delete-snapshot.ts';
import { listSnapshots } from './snapshots/list-snapshots.ts';
import { showSnapshot } from './snapshots/show-snapshot.ts';
import { showSnapshotTree } from './snapshots/show-snapshot-tree.ts';
import { updateSnapshot } from './snapshots/update-snapshot.ts';
import { listTargets } from './targets/list-targets.ts';
import { showTarget } from './targets/show-target.ts';

/** Every endpoint that needs a token. */
export const routes: readonly Route[] = [
  // Before the paths with an id: it would be taken for one.
  importBackup,
  createBackup,
  listBackups,
  showBackup,
  updateBackup,
  deleteBackup,
  verifyBackup,
  copyBackup,
  createSnapshot,
  listSnapshots,
  showSnapshot,
  updateSnapshot,
  deleteSnapshot,
  showSnapshotTree,
  showManifest,
  createRestore,
  listRestores,
  showRestore,
  listMessages,
  showMessage,
  deleteMessage,
  listServers,
  showLimits,
  showQuotaSet,
  updateQuotaSet,
  deleteQuotaSet,
  // Before the paths with an id: it would be taken for one.
  simulateNewPolicy,
  createPolicy,
  listPolicies,
  showPolicy,
  updatePolicy,
  deletePolicy,
  simulatePolicy,
  simulatePolicyChange,
  listPolicyRuns,
  listTargets,
  showTarget,
  listOperations,
  showOperation,
  cancelOperation,
];
