import type { Caller } from '../domain/caller.ts';
import { RewindError } from '../domain/errors.ts';
import { isUuid } from '../domain/names.ts';
import { callersEyes } from './callers-eyes.ts';
import type { ServiceDeps } from './deps.ts';
import { type ShownSnapshot, showSnapshots } from './shown-snapshot.ts';

export interface SnapshotTree {
  server_id: string;
  /** What the server's content went on from last; null: from none of them. */
  current_snapshot_id: string | null;
  /** Oldest first. */
  nodes: ShownSnapshot[];
}

/**
 * All snapshots of a server of the caller's project, which may be deleted by now. Rejects with `forbidden` (403),
 * `server.not-found` (404).
 */
export async function showSnapshotTree(deps: ServiceDeps, caller: Caller, serverId: string): Promise<SnapshotTree> {
  const { projectId } = caller;
  deps.policy.enforce('vm-backup:snapshots:list', caller, { project_id: projectId, user_id: caller.userId });
  const snapshots = isUuid(serverId) ? await deps.catalogue.snapshotsOfServer(serverId, projectId) : [];
  const known = snapshots.length > 0 || (isUuid(serverId) && (await isServer(deps, caller, serverId)));
  if (!known) throw new RewindError('server.not-found', 'There is no such server.', { status: 404 });
  return {
    server_id: serverId,
    current_snapshot_id: await deps.catalogue.position(serverId, projectId),
    nodes: await showSnapshots(deps, snapshots),
  };
}

const isServer = async (deps: ServiceDeps, caller: Caller, serverId: string): Promise<boolean> =>
  (await callersEyes(deps, caller, caller.projectId).server(serverId)) !== undefined;
