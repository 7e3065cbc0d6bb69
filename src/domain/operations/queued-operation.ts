import type { Operation, ResourceType, WorkflowName } from './operation.ts';

export interface OperationPlan {
  id: string;
  workflow: WorkflowName;
  /** The resource's project, which is not the caller's when an administrator acts for others. */
  projectId: string;
  resourceType: ResourceType;
  resourceId: string;
  input: Record<string, unknown>;
}

/** The caller, for the record. */
export interface Asker {
  userId: string;
  /** `req-<uuid>` */
  requestId: string;
  globalRequestId: string | null;
}

const MS_PER_HOUR = 3_600_000;

/** An operation as it is recorded before any worker has begun it. `nowMs` since 1970. */
export function queuedOperation(plan: OperationPlan, asker: Asker, nowMs: number, deadlineHours: number): Operation {
  const at = new Date(nowMs).toISOString();
  return {
    id: plan.id,
    workflow: plan.workflow,
    project_id: plan.projectId,
    user_id: asker.userId,
    request_id: asker.requestId,
    global_request_id: asker.globalRequestId,
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
    deadline_at: new Date(nowMs + deadlineHours * MS_PER_HOUR).toISOString(),
  };
}
