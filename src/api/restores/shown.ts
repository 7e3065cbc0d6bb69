import type { Restore } from '../../domain/points/restore.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { progressOf } from '../shared/shown-progress.ts';

export interface ShownRestore extends Restore {
  /** 0–100 */
  progress: number;
}

export async function showRestores(
  deps: Pick<ServiceDeps, 'operations'>,
  restores: Restore[],
): Promise<ShownRestore[]> {
  const moving = restores.filter((restore) => restore.status === 'restoring');
  const progress = await progressOf(
    deps,
    moving.map((restore) => restore.operation_id),
  );
  return restores.map((restore) => ({
    ...restore,
    progress: progress.get(restore.operation_id) ?? (restore.status === 'available' ? 100 : 0),
  }));
}
