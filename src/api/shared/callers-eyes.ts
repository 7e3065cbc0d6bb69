import type { Caller } from '../../domain/caller.ts';
import { hasCode } from '../../domain/errors.ts';
import type { BlockStorage, Compute, ListedServer, Server, Volume } from '../../ports/openstack.ts';
import type { ServiceDeps } from './api-deps.ts';
import { mapBounded } from './map-bounded.ts';

/** Requests to Cinder at a time, for one request to us. */
const WIDTH = 4;

/**
 * The cloud as the caller's own token shows it, limited to one project: what Rewind may see beyond that never decides.
 */
export interface CallersEyes {
  /** Undefined: it does not exist, or is not the project's. */
  server(id: string): Promise<Server | undefined>;
  /** All servers of the project. */
  servers(): Promise<ListedServer[]>;
  /** In the order of `ids`; undefined: it does not exist, or is not the project's. */
  volumes(ids: readonly string[]): Promise<(Volume | undefined)[]>;
  hasSnapshots(volumeId: string): Promise<boolean>;
}

export function callersEyes(deps: ServiceDeps, caller: Caller, projectId: string): CallersEyes {
  const cloud = deps.cloud(caller.globalRequestId ?? caller.requestId);
  const hands: { compute: Compute; blockStorage: BlockStorage } = cloud.caller(caller.token, caller.projectId);
  return {
    async server(id) {
      const server = await unlessForbidden(() => hands.compute.server(id));
      return server?.projectId === projectId ? server : undefined;
    },
    async servers() {
      const all = await hands.compute.servers(caller.projectId === projectId ? undefined : projectId);
      return all.filter((server) => server.projectId === projectId);
    },
    volumes: (ids) =>
      mapBounded(ids, WIDTH, async (id) => {
        const volume = await hands.blockStorage.volume(id);
        return volume?.projectId === projectId ? volume : undefined;
      }),
    hasSnapshots: async (volumeId) => (await hands.blockStorage.snapshotsOf(volumeId)).length > 0,
  };
}

/**
 * While Nova builds a server it answers 403 to other projects, and only afterwards 404. We give the same answer for
 * both.
 */
async function unlessForbidden<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (hasCode(error, 'openstack.forbidden')) return undefined;
    throw error;
  }
}
