import type { Caller } from '../../domain/caller.ts';
import type { Operation } from '../../domain/operations/operation.ts';
import { type OperationPlan, queuedOperation } from '../../domain/operations/queued-operation.ts';
import type { ServiceDeps } from './api-deps.ts';

export const newOperation = (
  deps: Pick<ServiceDeps, 'clock' | 'settings'>,
  caller: Caller,
  plan: OperationPlan,
): Operation => queuedOperation(plan, caller, deps.clock.now(), deps.settings.deadlineHours);
