import type { Caller } from '../../domain/caller.ts';
import type { BackupPolicy, RetentionRule, Schedule, ServerSelector } from '../../domain/policies/backup-policy.ts';
import { selectsAny } from '../../domain/policies/policy-servers.ts';
import { nextTime, scheduleProblem } from '../../domain/policies/schedule.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { callersEyes } from '../shared/callers-eyes.ts';
import { conflict, errorOf } from '../shared/conflict.ts';
import { targetFor } from '../shared/usable-targets.ts';

/** Omitted fields keep their value or get the default; within a part, null is the default too. */
export interface PolicyRequest {
  name?: string | null;
  description?: string | null;
  enabled?: boolean;
  servers?: Partial<ServerSelector>;
  schedule?: { [K in keyof Schedule]?: Schedule[K] | null };
  consistency?: BackupPolicy['consistency'];
  targets?: string[];
  retention?: { [K in keyof RetentionRule]?: number | null } | null;
  rpo_minutes?: number | null;
}

type Content = Pick<
  BackupPolicy,
  'name' | 'description' | 'enabled' | 'servers' | 'schedule' | 'consistency' | 'targets' | 'retention' | 'rpo_minutes'
>;

const NOBODY: ServerSelector = { all: false, ids: [], tags: [], metadata: {}, except_ids: [] };
const AT_NO_TIME: Schedule = { cron: '', time_zone: 'UTC', window_minutes: null, jitter_minutes: 0 };
const NONE: RetentionRule = { keep_last: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 };

/**
 * A policy's content after a request. Rejects with `policy.schedule`, `policy.no-servers`, `policy.retention`,
 * `target.unknown`, `server.not-found` (400).
 */
export async function contentOf(
  deps: ServiceDeps,
  caller: Caller,
  request: PolicyRequest,
  before?: BackupPolicy,
): Promise<Content> {
  const content: Content = {
    name: request.name ?? (request.name === null ? null : (before?.name ?? null)),
    description: request.description ?? (request.description === null ? null : (before?.description ?? null)),
    enabled: request.enabled ?? before?.enabled ?? true,
    servers: over(NOBODY, before?.servers, request.servers),
    schedule: over(AT_NO_TIME, before?.schedule, request.schedule),
    consistency: request.consistency ?? before?.consistency ?? 'best',
    targets: request.targets ?? before?.targets ?? [targetFor(deps, before?.project_id ?? caller.projectId, null)],
    retention: retentionOf(request, before),
    rpo_minutes: request.rpo_minutes === undefined ? (before?.rpo_minutes ?? null) : request.rpo_minutes,
  };
  refuseNonsense(deps, content, request);
  for (const name of request.targets ?? []) targetFor(deps, before?.project_id ?? caller.projectId, name);
  await refuseStrangers(deps, caller, content.servers, before);
  return content;
}

/** A part of a policy after a change: omitted fields keep their value, null is the default again. */
function over<T extends object>(none: T, before: T | undefined, change: { [K in keyof T]?: T[K] | null } = {}): T {
  const named = Object.entries(change).filter(([, value]) => value !== undefined);
  const reset = named.map(([key, value]) => [key, value ?? none[key as keyof T]]);
  return { ...none, ...before, ...Object.fromEntries(reset) };
}

/** When it runs next; null: it does not. */
export function nextRunAt(deps: Pick<ServiceDeps, 'clock'>, { enabled, schedule }: Content): string | null {
  const next = enabled ? nextTime(schedule, deps.clock.now()) : undefined;
  return next === undefined ? null : new Date(next).toISOString();
}

function retentionOf(request: PolicyRequest, before: BackupPolicy | undefined): RetentionRule | null {
  if (request.retention === undefined) return before?.retention ?? null;
  return request.retention && over(NONE, before?.retention ?? undefined, request.retention);
}

function refuseNonsense({ settings, clock }: ServiceDeps, content: Content, request: PolicyRequest): void {
  const problem = request.schedule && scheduleProblem(content.schedule, settings.shortestIntervalMinutes, clock.now());
  if (problem) throw errorOf(conflict('policy.schedule', `The schedule is wrong: ${problem}.`));
  if (!selectsAny(content.servers)) throw errorOf(conflict('policy.no-servers', 'The policy names no servers.'));
  if (content.retention && Object.values(content.retention).every((count) => count === 0))
    throw errorOf(conflict('policy.retention', 'The retention would keep nothing.'));
}

/** A newly named server must exist in the project; one that was named before may be gone. */
async function refuseStrangers(
  deps: ServiceDeps,
  caller: Caller,
  { ids }: ServerSelector,
  before: BackupPolicy | undefined,
): Promise<void> {
  const named = ids.filter((id) => !before?.servers.ids.includes(id));
  if (named.length === 0) return;
  const servers = await callersEyes(deps, caller, before?.project_id ?? caller.projectId).servers();
  const known = new Set(servers.map((server) => server.id));
  if (!named.every((id) => known.has(id)))
    throw errorOf(conflict('server.not-found', 'There is no such server in the project.', null, 400));
}
