import type { Caller } from '../../domain/caller.ts';
import { asRewindError } from '../../domain/errors.ts';
import type { ServiceDeps } from './api-deps.ts';

/** What the act adds as it learns it. */
export interface AuditNote {
  resourceId: string | null;
  operationId: string | null;
}

/** Writes exactly one audit event for one mutating act, whether it was done, refused or failed. */
export async function audited<T>(
  deps: Pick<ServiceDeps, 'audit'>,
  caller: Caller,
  what: { action: string; resourceType: string; resourceId?: string },
  act: (note: AuditNote) => Promise<T>,
): Promise<T> {
  const note: AuditNote = { resourceId: what.resourceId ?? null, operationId: null };
  const write = (reason: { code: string; status: number } | null): void =>
    deps.audit({
      action: what.action,
      outcome: reason ? 'failure' : 'success',
      requestId: caller.requestId,
      globalRequestId: caller.globalRequestId,
      userId: caller.userId,
      projectId: caller.projectId,
      resourceType: what.resourceType,
      ...note,
      reason,
    });
  try {
    const result = await act(note);
    write(null);
    return result;
  } catch (error) {
    const { code, status } = asRewindError(error);
    write({ code, status });
    throw error;
  }
}
