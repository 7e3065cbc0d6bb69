import type { z } from 'zod';
import { actionOf } from '../../domain/operations/busy.ts';
import type { ListedOperation, ShownStep } from '../../domain/operations/operation.ts';
import type { Call } from '../calls/route.ts';
import { codeAt } from '../calls/version-words.ts';
import type { operationSchema } from './schemas.ts';

/** The journal's inputs and outputs name images and pools: they are not for tenants. */
export function operationView(
  operation: ListedOperation,
  { urls, version }: Pick<Call, 'urls' | 'version'>,
  steps?: ShownStep[],
): z.output<typeof operationSchema> {
  const { failure } = operation;
  return {
    id: operation.id,
    action: actionOf(operation.workflow),
    status: operation.status,
    progress: operation.progress,
    bytes_done: operation.bytes_done,
    bytes_total: operation.bytes_total,
    resource_type: operation.resource_type,
    resource_id: operation.resource_id,
    project_id: operation.project_id,
    user_id: operation.user_id,
    request_id: operation.request_id,
    global_request_id: operation.global_request_id,
    committed: operation.committed,
    undoing: operation.undoing,
    cancel_requested: operation.cancel_requested,
    fail_code: codeAt(version, failure?.code ?? null),
    fail_reason: failure?.reason ?? null,
    fail_hint: failure?.hint ?? null,
    fault: failure?.fault ?? null,
    created_at: operation.created_at,
    updated_at: operation.updated_at,
    started_at: operation.started_at,
    finished_at: operation.finished_at,
    deadline_at: operation.deadline_at,
    ...(steps && { steps: steps.map(stepView) }),
    links: urls.linksOf('operations', operation.id),
  };
}

const stepView = ({ key, state, started_at, finished_at }: ShownStep) => ({
  name: key,
  state,
  started_at,
  finished_at,
});
