import type { createJobQueue } from '../adapters/redis/job-queue.ts';
import { sqlMessages } from '../adapters/sql/policies/sql-messages.ts';
import { sqlQuotas } from '../adapters/sql/policies/sql-quotas.ts';
import { createPolicy } from '../api/authorization/enforce.ts';
import type { ServiceDeps, ServiceSettings } from '../api/shared/api-deps.ts';
import type { Config } from '../config/load-config.ts';
import { policyFile } from '../config/policy-file.ts';
import { createAudit } from '../telemetry/audit.ts';
import type { Shared } from './shared.ts';

/** What the API's acts need, in the API for callers and in a worker for policies. */
export function serviceDepsOf(shared: Shared, queue: ReturnType<typeof createJobQueue>): ServiceDeps {
  const { config, log, clock, ids, catalogue, manifestCopies, targetReports, operations, policies, openstack } = shared;
  return {
    ...{ catalogue, manifestCopies, targetReports, operations, policies, queue, clock, ids, log },
    quotas: sqlQuotas(shared.db),
    messages: sqlMessages(shared.db),
    delegations: openstack.delegations,
    projects: openstack.projects,
    cloud: (requestId) => openstack.withRequestId(requestId),
    policy: createPolicy({ overrides: policyFile(config.policy.file), log }),
    audit: createAudit({ clock, ids, write: (line) => process.stdout.write(`${line}\n`) }),
    settings: settingsOf(config),
  };
}

function settingsOf({ quota, worker, targets, restore, gateway, scheduler }: Config): ServiceSettings {
  return {
    defaultLimits: {
      points: quota.points,
      bytes: quota.bytes,
      snapshot_bytes: quota.snapshotBytes,
      operations: worker.maxOpenOperationsPerProject,
    },
    deadlineHours: worker.deadlineHours,
    targetNames: targets.map((target) => target.name),
    defaultTarget: targets[0]?.name ?? '',
    targetTypes: Object.fromEntries(targets.map(({ name, type }) => [name, type])),
    targetProjects: Object.fromEntries(targets.flatMap(({ name, projects }) => (projects ? [[name, projects]] : []))),
    safetyHours: restore.safetyHours,
    instant: gateway.publicUrl !== null,
    shortestIntervalMinutes: scheduler.shortestIntervalMinutes,
    maxPolicies: scheduler.maxPoliciesPerProject,
    delegatedRoles: scheduler.delegatedRoles,
  };
}
