import type { ServiceDeps } from './api-deps.ts';

/** Number of values in one filter; the stores take 200. */
const CHUNK = 200;

/** Operation id → 0–100. Unknown ids are left out. */
export async function progressOf(
  deps: Pick<ServiceDeps, 'operations'>,
  operationIds: readonly string[],
): Promise<Map<string, number>> {
  const progress = new Map<string, number>();
  for (let at = 0; at < operationIds.length; at += CHUNK) {
    const values = operationIds.slice(at, at + CHUNK);
    const filters = [{ field: 'id', op: 'in' as const, values }];
    const operations = await deps.operations.list({ projectId: null, filters, sort: [], limit: CHUNK, marker: null });
    for (const operation of operations) progress.set(operation.id, operation.progress);
  }
  return progress;
}
