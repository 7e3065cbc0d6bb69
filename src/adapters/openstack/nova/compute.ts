import type { Compute, Server, ServerState } from '../../../ports/openstack.ts';
import { unavailable } from '../calls/openstack-errors.ts';
import { readAll } from '../calls/paging.ts';
import { list, object, text } from '../calls/read-json.ts';
import type { ServiceClient } from '../calls/service-client.ts';
import type { ComputeVersions } from './compute-versions.ts';
import { migrationsOf, rebuildAsked } from './server-history.ts';
import { listedServerFrom, serverStateFrom, serverVolumeFrom } from './server-shape.ts';

/** 2.90 shows the host name to everybody; every call site knows 2.79, which all clouds since Train offer. */
const SHOW = ['2.90', '2.79'];
/** 2.89 added attachment_id and bdm_uuid. */
const LIST_ATTACHMENTS = ['2.89', '2.79'];
/** 2.101 answers 202 without a body, earlier ones 200; neither says that the volume is attached. */
const ATTACH = ['2.101', '2.79'];
const ACT = ['2.79'];

/** Nova, Compute API v2.1 (docs.openstack.org/api-ref/compute). */
export function computeClient(client: ServiceClient, versions: ComputeVersions): Compute {
  const action = async (id: string, body: object): Promise<void> =>
    client.act({
      method: 'POST',
      path: ['servers', id, 'action'],
      body,
      microversion: await versions.pick(...ACT),
    });

  return {
    async changedServers(since) {
      const query = { all_tenants: 'true', 'changes-since': since };
      const rows = await readAll(
        'compute',
        client,
        ['servers', 'detail'],
        'servers',
        query,
        await versions.pick(...SHOW),
      );
      return rows.map((row) => ({
        id: text(row.id) ?? '',
        taskState: text(row['OS-EXT-STS:task_state']),
        status: text(row.status) ?? 'UNKNOWN',
      }));
    },
    rebuildAsked: (id) => rebuildAsked(client, versions, id),
    migrations: (id) => migrationsOf(client, versions, id),
    async servers(projectId) {
      const query = projectId === undefined ? {} : { all_tenants: 'true', ...(projectId && { project_id: projectId }) };
      const path = ['servers', 'detail'];
      const rows = await readAll('compute', client, path, 'servers', query, await versions.pick(...SHOW));
      return rows.map(listedServerFrom);
    },
    server: (id) => showServer(client, versions, id),
    serverState: (id) => showState(client, versions, id),
    stopServer: (id) => action(id, { 'os-stop': null }),
    startServer: (id) => action(id, { 'os-start': null }),
    rebootServer: (id) => action(id, { reboot: { type: 'HARD' } }),
    lockServer: (id, reason) => action(id, { lock: { locked_reason: reason } }),
    unlockServer: (id) => action(id, { unlock: null }),
    resetState: (id, state) => action(id, { 'os-resetState': { state } }),

    async attachVolume(serverId, volumeId, { deleteOnTermination, tag } = {}) {
      await client.act({
        method: 'POST',
        path: ['servers', serverId, 'os-volume_attachments'],
        body: {
          volumeAttachment: {
            volumeId,
            ...(deleteOnTermination && { delete_on_termination: true }),
            ...(tag && { tag }),
          },
        },
        microversion: await versions.pick(...ATTACH),
      });
    },

    async detachVolume(serverId, volumeId) {
      await client.act({
        method: 'DELETE',
        path: ['servers', serverId, 'os-volume_attachments', volumeId],
        microversion: await versions.pick(...ACT),
      });
    },
  };
}

async function showState(
  client: ServiceClient,
  versions: ComputeVersions,
  id: string,
): Promise<ServerState | undefined> {
  const microversion = await versions.pick(...SHOW);
  const body = await client.find({ method: 'GET', path: ['servers', id], microversion });
  if (body === undefined) return undefined;
  const raw = object(body.server);
  if (raw.id !== id) throw unavailable('compute', new Error('another server than asked for'), 'gave no usable answer');
  return serverStateFrom(raw);
}

async function showServer(client: ServiceClient, versions: ComputeVersions, id: string): Promise<Server | undefined> {
  const path = ['servers', id, 'os-volume_attachments'];
  const microversion = await versions.pick(...LIST_ATTACHMENTS);
  const [state, attachments] = await Promise.all([
    showState(client, versions, id),
    client.find({ method: 'GET', path, microversion }),
  ]);
  // It may go between the two requests.
  return state && attachments && { ...state, volumes: list(attachments.volumeAttachments).map(serverVolumeFrom) };
}
