import type { Limits } from '../../domain/operations/quota.ts';
import type { Delegations } from '../../ports/delegations.ts';
import type { Cloud } from '../../ports/openstack.ts';
import type { Projects } from '../../ports/projects.ts';
import type { JobQueue } from '../../ports/queue.ts';
import type { Catalogue } from '../../ports/stores/catalogue.ts';
import type { ManifestCopies } from '../../ports/stores/manifest-copies.ts';
import type { Messages } from '../../ports/stores/messages.ts';
import type { Operations } from '../../ports/stores/operations.ts';
import type { Policies } from '../../ports/stores/policies.ts';
import type { Quotas } from '../../ports/stores/quotas.ts';
import type { TargetReports } from '../../ports/stores/target-reports.ts';
import type { Clock, Ids, Log } from '../../ports/system.ts';
import type { Audit } from '../../telemetry/audit.ts';
import type { Policy } from '../authorization/enforce.ts';

export interface ServiceSettings {
  /** For a project without a decision of an administrator. */
  defaultLimits: Limits;
  deadlineHours: number;
  /** Names only: the API has no key of a target. */
  targetNames: readonly string[];
  defaultTarget: string;
  /** Name → the only projects that may put backups there; a target that is not listed is for all. */
  targetProjects?: Readonly<Record<string, readonly string[]>>;
  /** Name → type. */
  targetTypes: Readonly<Record<string, string>>;
  /** How long the snapshot made before a restore in place is kept; 0: none is made. */
  safetyHours: number;
  /** The least time between two runs of a policy. */
  shortestIntervalMinutes: number;
  /** Limit for one project. */
  maxPolicies: number;
  /** Names of the roles that a policy's trust delegates, if they suffice. */
  delegatedRoles: readonly string[];
  /** True: there is a gateway for instant restores. */
  instant: boolean;
}

export interface ServiceDeps {
  catalogue: Catalogue;
  targetReports: TargetReports;
  manifestCopies: ManifestCopies;
  operations: Operations;
  policies: Policies;
  quotas: Quotas;
  messages: Messages;
  delegations: Delegations;
  projects: Projects;
  queue: JobQueue;
  /** The cloud whose calls carry this `req-<uuid>` as the global request id. */
  cloud(globalRequestId: string): Pick<Cloud, 'caller'>;
  clock: Clock;
  ids: Ids;
  log: Log;
  policy: Policy;
  audit: Audit;
  settings: ServiceSettings;
}
