import type { HttpSettings } from '../api/calls/http-settings.ts';
import type { Services } from '../api/services.ts';
import type { Identity } from '../ports/openstack.ts';
import type { Clock, Ids, Log } from '../ports/system.ts';
import type { Audit } from '../telemetry/audit.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** Something without which this process cannot serve. */
export interface HealthCheck {
  /** `database`, `redis`, `keystone` */
  name: string;
  /** Rejects when it is not healthy. Given up after HEALTH_TIMEOUT_MS. */
  probe(): Promise<unknown>;
}

export interface AppDeps {
  settings: HttpSettings;
  services: Services;
  identity: Identity;
  clock: Clock;
  ids: Ids;
  log: Log;
  metrics: Metrics;
  audit: Audit;
  health: readonly HealthCheck[];
  /** Number of workers that reported recently that they live. */
  workersSeen?(): Promise<number>;
  /** True while the operator wants no new requests here. */
  drained(): boolean;
}
