import type { Caller } from '../domain/caller.ts';
import type { Operation, ResourceType, WorkflowName } from '../domain/operation.ts';
import type { ServiceDeps } from './deps.ts';

export interface OperationPlan {
  id: string;
  workflow: WorkflowName;
  /** Of the resource, which is not the caller's when an administrator acts for others. */
  projectId: string;
  resourceType: ResourceType;
  resourceId: string;
  input: Record<string, unknown>;
}

const MS_PER_HOUR = 3_600_000;

export function newOperation(
  deps: Pick<ServiceDeps, 'clock' | 'settings'>,
  caller: Caller,
  plan: OperationPlan,
): Operation {
  const now = deps.clock.now();
  const at = new Date(now).toISOString();
  return {
    id: plan.id,
    workflow: plan.workflow,
    project_id: plan.projectId,
    user_id: caller.userId,
    request_id: caller.requestId,
    global_request_id: caller.globalRequestId,
    resource_type: plan.resourceType,
    resource_id: plan.resourceId,
    input: plan.input,
    status: 'queued',
    committed: false,
    undoing: false,
    cancel_requested: false,
    progress: 0,
    bytes_done: 0,
    bytes_total: 0,
    failure: null,
    created_at: at,
    updated_at: at,
    started_at: null,
    finished_at: null,
    deadline_at: new Date(now + deps.settings.deadlineHours * MS_PER_HOUR).toISOString(),
  };
}
