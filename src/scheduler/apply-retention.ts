import { deleteBackup } from '../api/backups/delete.ts';
import { policyBackups } from '../api/policies/policy-backups.ts';
import type { Caller } from '../domain/caller.ts';
import { asRewindError, hasCode } from '../domain/errors.ts';
import { holdsOf } from '../domain/operations/holds.ts';
import type { PolicyPoint } from '../domain/points/retained-point.ts';
import { retentionRemoves } from '../domain/points/retention-removes.ts';
import type { BackupPolicy } from '../domain/policies/backup-policy.ts';
import type { SchedulerParts } from './parts.ts';

/**
 * Errors that pass by themselves: another operation works on the server, or too many are open. Retention tries again at
 * a later look.
 */
const LATER = ['server.busy', 'backup.busy', 'quota.operations', 'queue.unavailable', 'database.unavailable'] as const;
const MS_PER_DAY = 86_400_000;
const PAUSE_MS = 10_000;
const PAUSE_AFTER_ERROR_MS = 600_000;

type Acting = (policy: BackupPolicy) => Promise<Caller>;

/**
 * Requests the deletion of what a policy's retention does not keep, in the name of its user: of all servers, or of one.
 * What cannot be done now is noted on the policy, and is done at a later look.
 */
export async function applyRetention(
  { deps }: Pick<SchedulerParts, 'deps'>,
  policy: BackupPolicy,
  acting: Acting,
  serverId?: string,
): Promise<void> {
  const all = await policyBackups(deps, policy, serverId);
  const going = retentionRemoves(policy, all, deps.clock.now()).reverse();
  let rest = false;
  const busy = new Set<string>();
  for (const backup of going) {
    // Checked first, so that it is not refused in the audit every few seconds.
    const holds = holdsOf('delete-backup/1', { serverId: backup.server_id, backupId: backup.id });
    if (busy.has(backup.server_id) || (await deps.operations.inTheWay(holds))) rest = true;
    else if (await remove({ deps }, policy, acting, backup)) busy.add(backup.server_id);
    else rest = true;
  }
  if (!rest && serverId !== undefined) return;
  await lookAgain({ deps }, policy, rest ? PAUSE_MS : MS_PER_DAY);
}

/**
 * Moves the policy to the end of the line: whatever is left to do, and whatever fails, the others have their turn
 * before it.
 */
async function lookAgain({ deps }: Pick<SchedulerParts, 'deps'>, policy: BackupPolicy, inMs: number): Promise<void> {
  const retained_at = new Date(deps.clock.now() - MS_PER_DAY + inMs).toISOString();
  await deps.policies.updatePolicy(policy.id, { retained_at, updated_at: policy.updated_at });
}

/**
 * Applies the retention of all policies that were not looked at for a day, or where something was left to do; the
 * longest overdue first.
 */
export async function dailyRetention(parts: SchedulerParts, acting: Acting): Promise<void> {
  const { clock, policies, log } = parts.deps;
  const before = new Date(clock.now() - MS_PER_DAY).toISOString();
  const filters = [
    { field: 'retained_at', op: 'lt' as const, values: [before] },
    { field: 'enabled', op: 'eq' as const, values: ['true'] },
  ];
  const sort = [{ field: 'retained_at', descending: false }];
  for (const policy of await policies.listPolicies({ projectId: null, filters, sort, limit: 200, marker: null })) {
    try {
      await applyRetention(parts, policy, acting);
    } catch (error) {
      log.warn('retention could not be applied, trying again', { policy_id: policy.id, err: asRewindError(error) });
      await lookAgain(parts, policy, PAUSE_AFTER_ERROR_MS);
    }
  }
}

async function remove(
  { deps }: Pick<SchedulerParts, 'deps'>,
  policy: BackupPolicy,
  acting: Acting,
  backup: PolicyPoint,
): Promise<boolean> {
  try {
    await deleteBackup(deps, await acting(policy), backup.id);
    deps.log.info('retention removes a backup', { policy_id: policy.id, backup_id: backup.id });
    return true;
  } catch (error) {
    // Somebody removed or protected it a moment ago: there is nothing to do.
    if (hasCode(error, 'backup.not-found') || hasCode(error, 'backup.protected')) return true;
    if (!LATER.some((code) => hasCode(error, code))) throw error;
    return false;
  }
}
