import type { Cloud } from '../ports/openstack.ts';
import type { JobQueue } from '../ports/queue.ts';
import type { Catalogue, Operations } from '../ports/stores.ts';
import type { Clock, Ids, Log } from '../ports/system.ts';
import type { Audit } from '../telemetry/audit.ts';
import type { Policy } from './policy/policy.ts';

export interface ServiceSettings {
  maxOpenOperationsPerProject: number;
  deadlineHours: number;
  /** Names only: the API holds no key of a target. */
  targetNames: readonly string[];
  defaultTarget: string;
}

export interface ServiceDeps {
  catalogue: Catalogue;
  operations: Operations;
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
