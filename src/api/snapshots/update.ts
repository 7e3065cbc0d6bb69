import type { Caller } from '../../domain/caller.ts';
import type { Snapshot } from '../../domain/points/snapshot.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { audited } from '../shared/audited.ts';
import { conflict, errorOf } from '../shared/conflict.ts';
import { findSnapshot } from '../shared/find.ts';
import { requireRoomToKeep } from './safety-quota.ts';
import { type ShownSnapshot, showSnapshots } from './shown.ts';

/**
 * Omitted fields keep their value; `metadata` is replaced entirely. `expires_at: null` keeps a safety snapshot for
 * good.
 */
export type SnapshotChange = Partial<Pick<Snapshot, 'name' | 'description' | 'metadata' | 'protected' | 'expires_at'>>;

/**
 * Rejects with `forbidden` (403), `snapshot.not-found` (404), `snapshot.busy` (409), `quota.points`,
 * `quota.snapshot-bytes` (403) when an expiring snapshot is to be kept.
 */
export function updateSnapshot(
  deps: ServiceDeps,
  caller: Caller,
  id: string,
  change: SnapshotChange,
): Promise<ShownSnapshot> {
  const act = { action: 'snapshots:update', resourceType: 'snapshot', resourceId: id };
  return audited(deps, caller, act, async () => {
    const snapshot = await findSnapshot(deps, caller, 'vm-backup:snapshots:update', id);
    const { project_id, user_id } = snapshot;
    if (change.protected === false && snapshot.protected)
      deps.policy.enforce('vm-backup:snapshots:unprotect', caller, { project_id, user_id });
    const stays = change.expires_at === null || (change.protected === true && !snapshot.protected);
    if (stays && snapshot.expires_at !== null) await requireRoomToKeep(deps, snapshot);
    const updated = { ...change, updated_at: new Date(deps.clock.now()).toISOString() };
    // Protection is promised only if nobody has begun to remove the snapshot, whatever was seen a moment ago.
    const promises = change.protected === true || change.expires_at !== undefined;
    if (!promises) await deps.catalogue.updateSnapshot(snapshot.id, updated);
    else if (!(await deps.catalogue.keepSnapshot(snapshot.id, updated)))
      throw errorOf(conflict('snapshot.busy', 'The snapshot is being deleted.'));
    return (await showSnapshots(deps, [{ ...snapshot, ...updated }]))[0] as ShownSnapshot;
  });
}
