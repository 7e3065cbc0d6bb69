import { callersEyes } from '../api/shared/callers-eyes.ts';
import type { Caller } from '../domain/caller.ts';
import { asRewindError, RewindError } from '../domain/errors.ts';
import type { Message } from '../domain/message.ts';
import type { BackupPolicy, PolicyRun } from '../domain/policies/backup-policy.ts';
import { covers } from '../domain/policies/policy-servers.ts';
import { dueTime, lastTime, nextTime, windowEnd } from '../domain/policies/schedule.ts';
import type { ListedServer } from '../ports/openstack.ts';
import type { SchedulerParts } from './parts.ts';
import { allRuns, missRun } from './runs.ts';
import { tell } from './tell.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

/** Number of policies that one look sees, besides those whose planning failed before. */
const MOST_DUE = 200;
/** A look that fails this often leaves the rest to the next one: each failure may have waited long for the cloud. */
const MOST_FAILURES = 20;
/** Number of runs of one project that may wait at a time. */
const MOST_WAITING = 5_000;

type Acting = (policy: BackupPolicy) => Promise<Caller>;

/**
 * Turns the time of each policy that has come into runs. However many times passed while nobody looked, only the last
 * one is made up for, once. A policy whose user may not act any more is refused, with the reason on it and in a
 * message. One that cannot be planned now is tried again after all others.
 */
export class RunPlanner {
  readonly #parts: SchedulerParts;
  /** Policy → when its planning last failed, monotonic ms. Lost with the process, which only costs a try. */
  readonly #failed = new Map<string, number>();

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
  }

  async plan(acting: Acting): Promise<void> {
    const { clock, policies, log } = this.#parts.deps;
    const due = await policies.duePolicies(iso(clock.now()), MOST_DUE + this.#failed.size);
    const ids = new Set(due.map((policy) => policy.id));
    for (const id of this.#failed.keys()) if (!ids.has(id)) this.#failed.delete(id);
    let failures = 0;
    for (const policy of due.sort((a, b) => this.#lastTry(a) - this.#lastTry(b))) {
      try {
        await planPolicy(this.#parts, policy, acting);
        this.#failed.delete(policy.id);
      } catch (error) {
        log.warn('a policy could not be planned, trying again', { policy_id: policy.id, err: asRewindError(error) });
        this.#failed.set(policy.id, clock.monotonic());
        failures += 1;
        if (failures === MOST_FAILURES) return;
      }
    }
  }

  #lastTry = ({ id }: BackupPolicy): number => this.#failed.get(id) ?? -1;
}

async function planPolicy(parts: SchedulerParts, policy: BackupPolicy, acting: Acting): Promise<void> {
  const { clock, policies, log } = parts.deps;
  const now = clock.now();
  const firstMs = Date.parse(policy.next_run_at ?? '');
  const plannedMs = lastTime(policy.schedule, firstMs, now) ?? firstMs;
  const next = nextTime(policy.schedule, now);
  const moved = { next_run_at: next === undefined ? null : iso(next), last_run_at: iso(plannedMs) };
  let servers: ListedServer[];
  try {
    servers = await coveredServers(parts, policy, await acting(policy));
  } catch (error) {
    const refused = asRewindError(error);
    // The cloud is away for a moment: the time is not lost, but planned when the cloud is back.
    if (refused.retry || refused.fault === 'bug') throw error;
    await policies.plan(policy, { ...moved, ...failureOf(refused) }, [], refusal(parts, policy, refused));
    log.warn('a policy was refused', { policy_id: policy.id, err: refused });
    return;
  }
  await supersede(parts, policy);
  const all = servers.flatMap((server) =>
    policy.targets.map((target) => newRun(parts, policy, { server, target, plannedMs, now })),
  );
  const runs = bounded(all, MOST_WAITING - (await waitingOf(parts, policy.project_id)));
  const done = { ...moved, fail_code: null, fail_reason: null };
  const planned = await policies.plan(policy, done, runs, lateness(parts, policy, { firstMs, plannedMs, runs }));
  if (planned)
    log.info('a policy’s time has come', { policy_id: policy.id, planned_at: iso(plannedMs), runs: runs.length });
}

const failureOf = ({ code, message }: RewindError) => ({ fail_code: code, fail_reason: message });

async function coveredServers({ deps }: SchedulerParts, policy: BackupPolicy, caller: Caller): Promise<ListedServer[]> {
  const owner = { project_id: policy.project_id, user_id: caller.userId };
  deps.policy.enforce('vm-backup:backups:create', caller, owner);
  const servers = await callersEyes(deps, caller, policy.project_id).servers();
  return servers.filter((server) => covers(policy.servers, server));
}

function newRun(
  { deps }: SchedulerParts,
  policy: BackupPolicy,
  of: { server: ListedServer; target: string; plannedMs: number; now: number },
): PolicyRun {
  const untilMs = windowEnd(of.plannedMs, policy.schedule, of.now);
  const late = untilMs < of.now;
  return {
    id: deps.ids.uuid(),
    policy_id: policy.id,
    project_id: policy.project_id,
    server_id: of.server.id,
    server_name: of.server.name,
    target: of.target,
    planned_at: iso(of.plannedMs),
    due_at: iso(dueTime(of.plannedMs, policy.schedule, policy.id, of.server.id)),
    until_at: iso(untilMs),
    status: late ? 'missed' : 'waiting',
    ...{ operation_id: null, backup_id: null, places: [] },
    ...(late ? failureOf(windowOver()) : { fail_code: null, fail_reason: null }),
    created_at: iso(of.now),
    updated_at: iso(of.now),
  };
}

const waitingOf = ({ deps }: SchedulerParts, projectId: string): Promise<number> =>
  deps.policies.countPolicyRuns({
    ...{ projectId, filters: [{ field: 'status', op: 'eq', values: ['waiting'] }] },
    ...{ sort: [], limit: 1, marker: null },
  });

/** Runs for which there is no room are refused at once. */
function bounded(runs: readonly PolicyRun[], room: number): PolicyRun[] {
  let left = room;
  return runs.map((run) => {
    if (run.status !== 'waiting') return run;
    left -= 1;
    return left >= 0 ? run : { ...run, status: 'refused', ...failureOf(tooManyWait()) };
  });
}

/** A run that still waits for an earlier time will not be made for that time any more. */
async function supersede(parts: SchedulerParts, policy: BackupPolicy): Promise<void> {
  const filters = [
    { field: 'policy_id', op: 'eq' as const, values: [policy.id] },
    { field: 'status', op: 'eq' as const, values: ['waiting'] },
  ];
  for (const run of await allRuns(parts.deps, filters)) await missRun(parts, run);
}

/** One message for everything that was overdue while nobody looked, not one for each server and time. */
function lateness(
  parts: SchedulerParts,
  policy: BackupPolicy,
  { firstMs, plannedMs, runs }: { firstMs: number; plannedMs: number; runs: readonly PolicyRun[] },
): Message[] {
  const about = { projectId: policy.project_id, resource: ['policy', policy.id] as ['policy', string] };
  if (runs.some((run) => run.status === 'missed')) return [tell(parts, about, windowOver())];
  if (runs.some((run) => run.status === 'refused')) return [tell(parts, about, tooManyWait())];
  if (plannedMs === firstMs) return [];
  const skipped = new RewindError(
    'policy.runs-skipped',
    `Runs from ${iso(firstMs)} on were not made in time; the one of ${iso(plannedMs)} makes up for them.`,
  );
  return [tell(parts, { ...about, level: 'WARNING' }, skipped)];
}

/** Sent once, and not again at each time. */
function refusal(parts: SchedulerParts, policy: BackupPolicy, refused: RewindError): Message[] {
  if (policy.fail_code === refused.code) return [];
  return [tell(parts, { projectId: policy.project_id, resource: ['policy', policy.id] }, refused)];
}

const windowOver = (): RewindError => new RewindError('policy.window-over');

const tooManyWait = (): RewindError =>
  new RewindError('policy.too-many-waiting', `The project has ${MOST_WAITING} runs that wait already.`);
