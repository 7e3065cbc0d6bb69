import type { Caller } from '../domain/caller.ts';
import * as backups from './backups/service.ts';
import * as messages from './messages/service.ts';
import * as operations from './operations/service.ts';
import * as policies from './policies/service.ts';
import * as quotas from './quotas/service.ts';
import * as restores from './restores/service.ts';
import * as servers from './servers/service.ts';
import type { ServiceDeps } from './shared/api-deps.ts';
import * as snapshots from './snapshots/service.ts';
import * as targets from './targets/service.ts';

const acts = {
  ...backups,
  ...snapshots,
  ...restores,
  ...policies,
  ...operations,
  ...messages,
  ...servers,
  ...targets,
  ...quotas,
};

type Acts = typeof acts;
type Bound<Act> = Act extends (deps: ServiceDeps, caller: Caller, ...rest: infer Rest) => infer Result
  ? (caller: Caller, ...rest: Rest) => Result
  : never;

/** Everything that a caller may ask. No act waits for the work, and none touches Ceph. */
export type Services = { [Name in keyof Acts]: Bound<Acts[Name]> };

/** Gives each act its collaborators; its log lines carry the request and the project. */
export function createServices(deps: ServiceDeps): Services {
  const bound = Object.entries(acts).map(([name, act]) => {
    const run = act as (deps: ServiceDeps, caller: Caller, ...rest: unknown[]) => unknown;
    return [
      name,
      (caller: Caller, ...rest: unknown[]) =>
        run(
          { ...deps, log: deps.log.with({ request_id: caller.requestId, project_id: caller.projectId }) },
          caller,
          ...rest,
        ),
    ];
  });
  return Object.fromEntries(bound) as Services;
}
