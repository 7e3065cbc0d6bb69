import { isReached, NO_LIMIT, overQuota, type QuotaResource, quotaCode } from '../../domain/operations/quota.ts';
import type { Snapshot } from '../../domain/points/snapshot.ts';
import { limitsOf } from '../quotas/limits-of.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { type Conflict, conflict } from '../shared/conflict.ts';

/** The quotas that a snapshot uses. */
const TAKES: readonly QuotaResource[] = ['points', 'snapshot_bytes'];

/**
 * Lack of quota does not refuse a restore: it may be the last way to a server. But above its quota a server has only
 * one safety snapshot, besides the one to which it goes back (decision 0014). The restore holds the server, so no other
 * operation makes one meanwhile.
 */
export async function safetyConflicts(
  deps: ServiceDeps,
  point: { id: string; project_id: string },
  serverId: string,
): Promise<Conflict[]> {
  const { project_id: projectId } = point;
  if (deps.settings.safetyHours === 0) return [];
  const [limits, used] = [await limitsOf(deps, projectId), await deps.quotas.used(projectId)];
  const full = TAKES.find((resource) => isReached(limits[resource], used[resource]));
  if (full === undefined) return [];
  const there = await deps.catalogue.snapshotsOfServer(serverId, projectId);
  const safety = there.find((one) => one.safety && one.id !== point.id && one.status === 'available');
  if (!safety) return [];
  const hint = `Delete the server's earlier safety snapshot ${safety.id}, or ask for more quota.`;
  return [conflict(quotaCode(full), overQuota(full, limits[full]).message, hint)];
}

/**
 * A snapshot that would expire counts already; to be kept for good it must fit. @throws RewindError `quota.<resource>`
 * (403)
 */
export async function requireRoomToKeep(deps: ServiceDeps, snapshot: Snapshot): Promise<void> {
  const { project_id } = snapshot;
  const [limits, used] = [await limitsOf(deps, project_id), await deps.quotas.used(project_id)];
  const over = TAKES.find((resource) => limits[resource] !== NO_LIMIT && used[resource] > limits[resource]);
  if (over !== undefined) throw overQuota(over, limits[over]);
}
