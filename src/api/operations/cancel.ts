import type { Caller } from '../../domain/caller.ts';
import type { Operation } from '../../domain/operations/operation.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { audited } from '../shared/audited.ts';
import { conflict, errorOf } from '../shared/conflict.ts';
import { findOperation } from '../shared/find.ts';

/**
 * Asks an operation to stop and undo what it did; its worker notices soon. Asking twice is no conflict. Rejects with
 * `forbidden` (403), `operation.not-found` (404), `operation.finished`, `operation.committed` (409).
 */
export function cancelOperation(deps: ServiceDeps, caller: Caller, id: string): Promise<Operation> {
  const what = { action: 'operations:cancel', resourceType: 'operation', resourceId: id };
  return audited(deps, caller, what, async (note) => {
    const operation = await findOperation(deps, caller, 'vm-backup:operations:cancel', id);
    note.operationId = operation.id;
    if (operation.status === 'cancelled' || operation.cancel_requested) return operation;
    if (operation.status === 'succeeded' || operation.status === 'failed')
      throw errorOf(conflict('operation.finished', 'The operation has ended already.'));
    if (operation.committed) {
      const detail = 'The operation is past the point of no return and can only be finished.';
      throw errorOf(conflict('operation.committed', detail));
    }
    await deps.operations.requestCancel(operation.id);
    return { ...operation, cancel_requested: true };
  });
}
