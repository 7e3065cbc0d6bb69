import type { z } from 'zod';
import { actionOf } from '../../domain/operations/busy.ts';
import { type ListedOperation, OPERATION, type ShownStep } from '../../domain/operations/operation.ts';
import { viewOf } from '../calls/answer-view.ts';
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
    ...viewOf(OPERATION, operation, version),
    action: actionOf(operation.workflow),
    fail_code: codeAt(version, failure?.code ?? null),
    fail_reason: failure?.reason ?? null,
    fail_hint: failure?.hint ?? null,
    fault: failure?.fault ?? null,
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
