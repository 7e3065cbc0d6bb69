import type { Caller } from '../domain/caller.ts';
import type { ServiceDeps } from './deps.ts';
import { findSnapshot } from './find.ts';
import { type ShownSnapshot, showSnapshots } from './shown-snapshot.ts';

/** Rejects with `forbidden` (403), `snapshot.not-found` (404). */
export async function showSnapshot(deps: ServiceDeps, caller: Caller, id: string): Promise<ShownSnapshot> {
  const snapshot = await findSnapshot(deps, caller, 'vm-backup:snapshots:show', id);
  return (await showSnapshots(deps, [snapshot]))[0] as ShownSnapshot;
}
