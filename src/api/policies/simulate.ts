import type { Caller } from '../../domain/caller.ts';
import type { BackupPolicy } from '../../domain/policies/backup-policy.ts';
import { type Simulation, simulatePolicy as simulate } from '../../domain/policies/policy-preview.ts';
import { covers } from '../../domain/policies/policy-servers.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { callersEyes } from '../shared/callers-eyes.ts';
import { conflict, errorOf } from '../shared/conflict.ts';
import { findPolicy } from '../shared/find.ts';
import { policyBackups } from './policy-backups.ts';
import { contentOf, nextRunAt, type PolicyRequest } from './policy-request.ts';
import { MOST_POINTS, type RetentionImpact, retentionImpact } from './retention-impact.ts';

const MOST_RUNS = 2_000;
const MS_PER_DAY = 86_400_000;
const LONGEST_DAYS = 366;

interface ShownSimulation extends Simulation {
  from: string;
  until: string;
  /** False: nothing of this happens until the policy is enabled. */
  enabled: boolean;
  servers: { id: string; name: string }[];
  retention_removes: RetentionImpact;
}

/** ISO 8601 in UTC; null: now, and a day later. */
interface Stretch {
  from: string | null;
  until: string | null;
}

/**
 * Changes nothing, and uses the same code as the runs and the retention. With a change: what the policy would do if
 * that were saved. Rejects with `forbidden` (403), `policy.not-found` (404), `policy.stretch` (400), and like
 * `contentOf`.
 */
export async function simulatePolicy(
  deps: ServiceDeps,
  caller: Caller,
  id: string,
  stretch: Stretch,
  change: PolicyRequest = {},
): Promise<ShownSimulation> {
  const saved = await findPolicy(deps, caller, 'vm-backup:policies:show', id);
  const changed = Object.keys(change).length > 0;
  const policy = changed ? { ...saved, ...(await contentOf(deps, caller, change, saved)) } : saved;
  return await simulated(deps, caller, policy, stretch);
}

/** For a policy that is not saved. Rejects with `forbidden` (403), `policy.stretch` (400), and like `contentOf`. */
export async function simulateNewPolicy(
  deps: ServiceDeps,
  caller: Caller,
  stretch: Stretch,
  request: PolicyRequest & Required<Pick<PolicyRequest, 'servers' | 'schedule'>>,
): Promise<ShownSimulation> {
  const { userId, projectId } = caller;
  deps.policy.enforce('vm-backup:policies:show', caller, { project_id: projectId, user_id: userId });
  const content = await contentOf(deps, caller, request);
  const at = new Date(deps.clock.now()).toISOString();
  const policy: BackupPolicy = {
    ...{ id: 'unsaved', project_id: projectId, user_id: userId, ...content },
    ...{ acts_by: 'roles', trust_id: null, credential_id: null, roles: [] },
    ...{ next_run_at: nextRunAt(deps, content), last_run_at: null, retained_at: null },
    ...{ fail_code: null, fail_reason: null, created_at: at, updated_at: at },
  };
  return await simulated(deps, caller, policy, stretch);
}

async function simulated(
  deps: ServiceDeps,
  caller: Caller,
  policy: BackupPolicy,
  stretch: Stretch,
): Promise<ShownSimulation> {
  const fromMs = stretch.from === null ? deps.clock.now() : Date.parse(stretch.from);
  const untilMs = stretch.until === null ? fromMs + MS_PER_DAY : Date.parse(stretch.until);
  if (!(untilMs >= fromMs && untilMs - fromMs <= LONGEST_DAYS * MS_PER_DAY))
    throw errorOf(conflict('policy.stretch', `until must be at most ${LONGEST_DAYS} days after from.`));
  const all = await callersEyes(deps, caller, policy.project_id).servers();
  const servers = all.filter((server) => covers(policy.servers, server)).map(({ id, name }) => ({ id, name }));
  const serverIds = servers.map((server) => server.id);
  const backups = await policyBackups(deps, policy, undefined, MOST_POINTS);
  const simulation = simulate(policy, { serverIds, backups, fromMs, untilMs, most: MOST_RUNS });
  return {
    from: new Date(fromMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    enabled: policy.enabled,
    servers,
    ...simulation,
    truncated: simulation.truncated || backups.length === MOST_POINTS,
    retention_removes: retentionImpact(policy, backups, deps.clock.now()),
  };
}
