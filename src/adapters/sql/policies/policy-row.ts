import { type BackupPolicy, POLICY, POLICY_RUN, type PolicyRun } from '../../../domain/policies/backup-policy.ts';
import { changedColumns, readRow, rowOf } from '../database/row-codec.ts';
import type { PolicyRow, PolicyRunRow } from './policy-tables.ts';

export const policyRow = (policy: BackupPolicy): PolicyRow => rowOf(POLICY, policy);
export const policyChangeRow = (change: Partial<BackupPolicy>): Partial<PolicyRow> => changedColumns(POLICY, change);
export const policyOf = (row: PolicyRow): BackupPolicy => readRow(POLICY, row);

export const runRow = (run: PolicyRun): PolicyRunRow => rowOf(POLICY_RUN, run);

/** A run stays with its policy. */
export function runChangeRow({ policy_id: _policy, ...change }: Partial<PolicyRun>): Partial<PolicyRunRow> {
  return changedColumns(POLICY_RUN, change);
}

export const runOf = (row: PolicyRunRow): PolicyRun => readRow(POLICY_RUN, row);
