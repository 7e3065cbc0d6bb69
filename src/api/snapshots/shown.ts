import type { ListedSnapshot } from '../../domain/points/snapshot.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { progressOf } from '../shared/shown-progress.ts';

export interface ShownSnapshot extends ListedSnapshot {
  /** 0–100, of the present work on it. */
  progress: number;
}

/** One look-up for a whole page. */
export async function showSnapshots(
  deps: Pick<ServiceDeps, 'operations'>,
  snapshots: ListedSnapshot[],
): Promise<ShownSnapshot[]> {
  const moving = snapshots.filter((snapshot) => snapshot.status === 'creating' || snapshot.status === 'deleting');
  const progress = await progressOf(
    deps,
    moving.map((snapshot) => snapshot.operation_id),
  );
  return snapshots.map((snapshot) => ({
    ...snapshot,
    progress: progress.get(snapshot.operation_id) ?? (snapshot.status === 'available' ? 100 : 0),
  }));
}
