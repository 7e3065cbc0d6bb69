import type { BackupPolicy, PolicyRun } from '../../../domain/policies/backup-policy.ts';
import { bit, converted, json, parsed } from '../database/columns.ts';
import type { PolicyRow, PolicyRunRow } from './policy-tables.ts';

const policyColumns = { enabled: bit, servers: json, schedule: json, targets: json, retention: json, roles: json };

export const policyRow = (policy: BackupPolicy): PolicyRow => converted(policy, policyColumns) as unknown as PolicyRow;

/** The id and the owner are not for changing. */
export function policyChangeRow(change: Partial<BackupPolicy>): Partial<PolicyRow> {
  const { id: _id, project_id: _project, ...rest } = change;
  return converted(rest, policyColumns) as Partial<PolicyRow>;
}

export function policyOf(row: PolicyRow): BackupPolicy {
  return {
    ...row,
    enabled: row.enabled === 1,
    servers: parsed<BackupPolicy['servers']>(row.servers),
    schedule: parsed<BackupPolicy['schedule']>(row.schedule),
    consistency: row.consistency as BackupPolicy['consistency'],
    targets: parsed<string[]>(row.targets),
    retention: parsed<BackupPolicy['retention']>(row.retention),
    acts_by: row.acts_by as BackupPolicy['acts_by'],
    roles: parsed<string[]>(row.roles),
  };
}

const runColumns = { places: json };

export const runRow = (run: PolicyRun): PolicyRunRow => converted(run, runColumns) as unknown as PolicyRunRow;

export function runChangeRow(change: Partial<PolicyRun>): Partial<PolicyRunRow> {
  const { id: _id, project_id: _project, policy_id: _policy, ...rest } = change;
  return converted(rest, runColumns) as Partial<PolicyRunRow>;
}

export const runOf = (row: PolicyRunRow): PolicyRun => ({
  ...row,
  status: row.status as PolicyRun['status'],
  places: parsed<string[]>(row.places),
});
