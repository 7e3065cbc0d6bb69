import type { ServiceDeps } from '../api/shared/api-deps.ts';
import { RewindError } from '../domain/errors.ts';
import type { PolicyRun } from '../domain/policies/backup-policy.ts';
import type { ListQuery } from '../ports/stores/list-query.ts';
import type { SchedulerParts } from './parts.ts';
import { tell } from './tell.ts';

const PAGE = 1_000;
/** More than one look can deal with; the next look sees the rest. */
const MOST = 10_000;

/** The longest overdue first. */
export async function allRuns(
  { policies }: Pick<ServiceDeps, 'policies'>,
  filters: ListQuery['filters'],
): Promise<PolicyRun[]> {
  const found: PolicyRun[] = [];
  const sort = [{ field: 'due_at', descending: false }];
  for (let marker: string | null = null; found.length < MOST; marker = found.at(-1)?.id ?? null) {
    const page = await policies.listPolicyRuns({ projectId: null, filters, sort, limit: PAGE, marker });
    found.push(...page);
    if (page.length < PAGE) break;
  }
  return found;
}

/**
 * A run that did not begin in its window: missed, for the reason that last kept it back. False: it is not waiting any
 * more.
 */
export const missRun = (parts: SchedulerParts, run: PolicyRun): Promise<boolean> =>
  giveUp(
    parts,
    run,
    'missed',
    run.fail_code === null ? noTurn() : { code: run.fail_code, message: run.fail_reason ?? '' },
  );

/** A run that need not wait for the end of its window. False: it is not waiting any more. */
export const refuseRun = (parts: SchedulerParts, run: PolicyRun, why: RewindError): Promise<boolean> =>
  giveUp(parts, run, 'refused', why);

async function giveUp(
  parts: SchedulerParts,
  run: PolicyRun,
  status: 'missed' | 'refused',
  { code, message }: Pick<RewindError, 'code' | 'message'>,
): Promise<boolean> {
  const told = `The backup of server ${run.server_id} planned for ${run.planned_at} was not made: ${message}`;
  const about = { projectId: run.project_id, resource: ['policy', run.policy_id] as ['policy', string] };
  return parts.deps.policies.changeRun(
    run.id,
    'waiting',
    { status, fail_code: code, fail_reason: message },
    tell(parts, about, { code, message: told, hint: undefined }),
  );
}

const noTurn = (): RewindError => new RewindError('policy.no-turn');
