import type { BackupPolicy } from '../domain/policies/backup-policy.ts';
import { nextTime } from '../domain/policies/schedule.ts';
import type { SchedulerParts } from './parts.ts';

/** Clocks of workers and APIs that are right never differ by this much. */
const SLACK_MS = 3_600_000;
const PAGE = 500;
const MOST_PAGES = 200;

const iso = (ms: number): string => new Date(ms).toISOString();

/**
 * A process whose clock was ahead moved policies on to times far in the future: they would do nothing until then, and
 * nobody would notice. No next time may be later than the first one from now on.
 */
export async function bringTimesBack({ deps }: Pick<SchedulerParts, 'deps'>): Promise<void> {
  const { clock, policies, log } = deps;
  const filters = [{ field: 'enabled', op: 'eq' as const, values: ['true'] }];
  const sort = [{ field: 'created_at', descending: false }];
  let marker: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const found: BackupPolicy[] = await policies.listPolicies({ projectId: null, filters, sort, limit: PAGE, marker });
    for (const policy of found) {
      const change = changeOf(policy, clock.now());
      if (!change) continue;
      await policies.updatePolicy(policy.id, { ...change, updated_at: policy.updated_at });
      log.warn('a policy was planned by a clock that was ahead, its times are brought back', {
        ...{ policy_id: policy.id, was: policy.next_run_at, ...change },
      });
    }
    if (found.length < PAGE) return;
    marker = found.at(-1)?.id ?? null;
  }
}

function changeOf(
  { schedule, next_run_at, retained_at }: BackupPolicy,
  nowMs: number,
): Partial<Pick<BackupPolicy, 'next_run_at' | 'retained_at'>> | undefined {
  const latest = nextTime(schedule, nowMs + SLACK_MS);
  const first = nextTime(schedule, nowMs);
  const late = next_run_at !== null && latest !== undefined && Date.parse(next_run_at) > latest;
  const retainedAhead = retained_at !== null && Date.parse(retained_at) > nowMs + SLACK_MS;
  if (!late && !retainedAhead) return undefined;
  return {
    ...(late && first !== undefined && { next_run_at: iso(first) }),
    ...(retainedAhead && { retained_at: iso(nowMs) }),
  };
}
