import type { Caller } from '../domain/caller.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { audited } from './audited.ts';
import { conflict, errorOf } from './conflict.ts';
import type { ServiceDeps } from './deps.ts';
import { findSnapshot } from './find.ts';
import { type ShownSnapshot, showSnapshots } from './shown-snapshot.ts';

/** What is absent stays; metadata is replaced as a whole. `expires_at: null` keeps a safety snapshot for good. */
export type SnapshotChange = Partial<Pick<Snapshot, 'name' | 'description' | 'metadata' | 'protected' | 'expires_at'>>;

/** Rejects with `forbidden` (403), `snapshot.not-found` (404), `snapshot.busy` (409). */
export function updateSnapshot(
  deps: ServiceDeps,
  caller: Caller,
  id: string,
  change: SnapshotChange,
): Promise<ShownSnapshot> {
  const act = { action: 'snapshots:update', resourceType: 'snapshot', resourceId: id };
  return audited(deps, caller, act, async () => {
    const snapshot = await findSnapshot(deps, caller, 'vm-backup:snapshots:update', id);
    // Too late: its snaps are being removed.
    if (snapshot.status === 'deleting' && change.protected)
      throw errorOf(conflict('snapshot.busy', 'The snapshot is being deleted.'));
    const updated = { ...change, updated_at: new Date(deps.clock.now()).toISOString() };
    await deps.catalogue.updateSnapshot(snapshot.id, updated);
    return (await showSnapshots(deps, [{ ...snapshot, ...updated }]))[0] as ShownSnapshot;
  });
}
