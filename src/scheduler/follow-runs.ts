import type { Caller } from '../domain/caller.ts';
import { asRewindError, fullCode } from '../domain/errors.ts';
import type { ListedOperation } from '../domain/operations/operation.ts';
import type { BackupPolicy, PolicyRun } from '../domain/policies/backup-policy.ts';
import { applyRetention } from './apply-retention.ts';
import type { SchedulerParts } from './parts.ts';
import { allRuns } from './runs.ts';
import { tell } from './tell.ts';

/** Number of values in one filter; the stores take 200. */
const CHUNK = 200;

/** Records how runs have ended; after a successful one, retention looks at its server. */
export async function followRuns(
  parts: SchedulerParts,
  acting: (policy: BackupPolicy) => Promise<Caller>,
): Promise<void> {
  const { deps } = parts;
  const open = await allRuns(deps, [{ field: 'status', op: 'eq', values: ['submitted'] }]);
  for (let at = 0; at < open.length; at += CHUNK) {
    const runs = open.slice(at, at + CHUNK);
    const values = runs.flatMap((run) => run.operation_id ?? []);
    const filters = [{ field: 'id', op: 'in' as const, values }];
    const found = await deps.operations.list({ projectId: null, filters, sort: [], limit: CHUNK, marker: null });
    const operations = new Map(found.map((operation) => [operation.id, operation]));
    for (const run of runs) await follow(parts, run, operations.get(run.operation_id ?? ''), acting);
  }
}

async function follow(
  parts: SchedulerParts,
  run: PolicyRun,
  operation: ListedOperation | undefined,
  acting: (policy: BackupPolicy) => Promise<Caller>,
): Promise<void> {
  const { policies, log } = parts.deps;
  if (operation?.status === 'queued' || operation?.status === 'running') return;
  if (operation?.status !== 'succeeded') {
    await failed(parts, run, operation);
    return;
  }
  const policy = await policies.policy(run.policy_id, run.project_id);
  try {
    // Done before the run is marked as done: if the process dies in between, another one comes here again.
    if (policy) await applyRetention(parts, policy, acting, run.server_id);
  } catch (error) {
    log.warn('retention could not be applied, it will be daily', { run_id: run.id, err: asRewindError(error) });
  }
  await policies.changeRun(run.id, 'submitted', { status: 'succeeded' });
}

async function failed(
  { ...parts }: SchedulerParts,
  run: PolicyRun,
  operation: ListedOperation | undefined,
): Promise<void> {
  const failure = operation?.failure;
  const code = failure?.code ?? fullCode('operation.cancelled');
  const reason = failure?.reason ?? 'The operation was cancelled.';
  const message = `The backup of server ${run.server_id} planned for ${run.planned_at} failed: ${reason}`;
  const about = { projectId: run.project_id, resource: ['policy', run.policy_id] as ['policy', string] };
  await parts.deps.policies.changeRun(
    run.id,
    'submitted',
    { status: 'failed', fail_code: code, fail_reason: reason },
    tell(
      parts,
      { ...about, requestId: operation?.request_id ?? null },
      { code, message, hint: failure?.hint ?? undefined },
    ),
  );
}
