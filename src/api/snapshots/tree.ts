import type { Caller } from '../../domain/caller.ts';
import { RewindError } from '../../domain/errors.ts';
import { isUuid } from '../../domain/names.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { callersEyes } from '../shared/callers-eyes.ts';
import { listPage, type Page } from '../shared/paged-list.ts';
import { type ShownSnapshot, showSnapshots } from './shown.ts';

interface SnapshotTree {
  server_id: string;
  /** The snapshot from which the server's content last went on; null: none of these. */
  current_snapshot_id: string | null;
  /** The oldest first. */
  nodes: ShownSnapshot[];
}

/**
 * The snapshots of a server of the caller's project, which may be deleted by now; one page of them when there are very
 * many. Rejects with `forbidden` (403), `server.not-found` (404), `marker.unknown` (400).
 */
export async function showSnapshotTree(
  deps: ServiceDeps,
  caller: Caller,
  serverId: string,
  page: { limit: number; marker: string | null },
): Promise<Page<ShownSnapshot> & { tree: SnapshotTree }> {
  const { projectId } = caller;
  const filters = [{ field: 'server_id', op: 'eq' as const, values: [serverId] }];
  const sort = [{ field: 'created_at', descending: false }];
  const request = { ...page, filters, sort, withCount: false, allProjects: false };
  const found = await listPage(deps, caller, 'vm-backup:snapshots:list', request, {
    list: async (query) => (isUuid(serverId) ? await deps.catalogue.listSnapshots(query) : []),
    count: (query) => deps.catalogue.countSnapshots(query),
  });
  const known = found.items.length > 0 || (isUuid(serverId) && (await isServer(deps, caller, serverId)));
  if (!known) throw new RewindError('server.not-found', 'There is no such server.');
  const nodes = await showSnapshots(deps, found.items);
  const current_snapshot_id = await deps.catalogue.position(serverId, projectId);
  return { ...found, items: nodes, tree: { server_id: serverId, current_snapshot_id, nodes } };
}

const isServer = async (deps: ServiceDeps, caller: Caller, serverId: string): Promise<boolean> =>
  (await callersEyes(deps, caller, caller.projectId).server(serverId)) !== undefined;
