import type { Caller } from '../domain/caller.ts';
import { covers } from '../domain/policy-servers.ts';
import { type Simulation, simulatePolicy as simulate } from '../domain/simulate-policy.ts';
import { callersEyes } from './callers-eyes.ts';
import { conflict, errorOf } from './conflict.ts';
import type { ServiceDeps } from './deps.ts';
import { findPolicy } from './find.ts';
import { policyBackups } from './policy-backups.ts';

const MOST_RUNS = 2_000;
const MS_PER_DAY = 86_400_000;
const LONGEST_DAYS = 366;

export interface ShownSimulation extends Simulation {
  from: string;
  until: string;
  servers: { id: string; name: string }[];
}

/**
 * Changes nothing, and uses what the runs and the retention use. `from` and `until` are ISO 8601 in UTC; null: now, and
 * a day later. Rejects with `forbidden` (403), `policy.not-found` (404), `policy.stretch` (400).
 */
export async function simulatePolicy(
  deps: ServiceDeps,
  caller: Caller,
  id: string,
  stretch: { from: string | null; until: string | null },
): Promise<ShownSimulation> {
  const policy = await findPolicy(deps, caller, 'vm-backup:policies:show', id);
  const fromMs = stretch.from === null ? deps.clock.now() : Date.parse(stretch.from);
  const untilMs = stretch.until === null ? fromMs + MS_PER_DAY : Date.parse(stretch.until);
  if (!(untilMs >= fromMs && untilMs - fromMs <= LONGEST_DAYS * MS_PER_DAY))
    throw errorOf(conflict('policy.stretch', `until must be at most ${LONGEST_DAYS} days after from.`, null, 400));
  const all = await callersEyes(deps, caller, policy.project_id).servers();
  const servers = all.filter((server) => covers(policy.servers, server)).map(({ id, name }) => ({ id, name }));
  const serverIds = servers.map((server) => server.id);
  const backups = await policyBackups(deps, policy);
  return {
    from: new Date(fromMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    servers,
    ...simulate(policy, { serverIds, backups, fromMs, untilMs, most: MOST_RUNS }),
  };
}
