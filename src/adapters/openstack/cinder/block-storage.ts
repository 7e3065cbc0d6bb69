import { hasCode } from '../../../domain/errors.ts';
import { fitImageProperties, fitVolume } from '../../../domain/service-limits.ts';
import type { BlockStorage, NewVolume, Volume } from '../../../ports/openstack.ts';
import { unavailable } from '../calls/openstack-errors.ts';
import { readAll } from '../calls/paging.ts';
import { type JsonObject, object, text } from '../calls/read-json.ts';
import type { ServiceClient } from '../calls/service-client.ts';
import { volumeFrom } from './volume-shape.ts';
import { volumeTrouble } from './volume-trouble.ts';

/** Queens; it has everything used here (multiattach is shown from 3.50), so nothing needs to be negotiated. */
const MICROVERSION = 'volume 3.50';

const MOST_MESSAGES = '20';

/** Cinder, Block Storage API v3 (docs.openstack.org/api-ref/block-storage/v3). */
export function blockStorageClient(client: ServiceClient): BlockStorage {
  const call = (method: 'GET' | 'POST' | 'DELETE', ...path: string[]) => ({ method, path, microversion: MICROVERSION });
  const action = (id: string, body: object): Promise<void> =>
    client.act({ ...call('POST', 'volumes', id, 'action'), body });

  return {
    async volume(id) {
      const body = await client.find(call('GET', 'volumes', id));
      return body === undefined ? undefined : checked(object(body.volume), await client.projectId(), id);
    },
    async troubleOf(id) {
      const query = { resource_uuid: id, limit: MOST_MESSAGES };
      // The explanation of a failure must not fail itself.
      const body = await client.read({ ...call('GET', 'messages'), query }).catch(() => undefined);
      return body && volumeTrouble(body, id);
    },
    async createVolume(volume) {
      const body = await client.read({ ...call('POST', 'volumes'), body: { volume: createBody(volume) } });
      return checked(object(body.volume), await client.projectId());
    },
    async deleteVolume(id) {
      try {
        await client.act(call('DELETE', 'volumes', id));
      } catch (error) {
        if (!hasCode(error, 'openstack.not-found')) throw error;
      }
    },
    findVolumes: (metadata) => findVolumes(client, metadata),
    async snapshotsOf(volumeId) {
      // After a transfer, snapshots may belong to other projects than the volume; ignored unless we are admin.
      const query = { volume_id: volumeId, all_tenants: '1' };
      const rows = await readAll('block-storage', client, ['snapshots'], 'snapshots', query, MICROVERSION);
      return rows
        .filter((row) => row.volume_id === volumeId)
        .map((row) => ({ id: text(row.id) ?? '', status: text(row.status) ?? 'unknown' }));
    },
    resetStatus: (id, status) => action(id, { 'os-reset_status': { status } }),
    setBootable: (id, bootable) => action(id, { 'os-set_bootable': { bootable } }),
    async setImageMetadata(id, metadata) {
      const { value } = fitImageProperties(metadata);
      if (Object.keys(value).length > 0) await action(id, { 'os-set_image_metadata': { metadata: value } });
    },
  };
}

function checked(raw: JsonObject, projectId: string, asked?: string): Volume {
  if (text(raw.id) !== null && (asked === undefined || raw.id === asked)) return volumeFrom(raw, projectId);
  throw unavailable('block-storage', new Error('another volume than asked for'), 'gave no usable answer');
}

/** Cinder refuses some nulls and takes others as a choice. */
export function createBody(wanted: NewVolume): JsonObject {
  const volume = fitVolume(wanted).value;
  const optional = {
    name: volume.name,
    description: volume.description,
    volume_type: volume.volumeType,
    availability_zone: volume.availabilityZone,
  };
  const given = Object.entries(optional).filter(([, value]) => value !== null);
  return { size: volume.sizeGiB, metadata: volume.metadata, ...Object.fromEntries(given) };
}

async function findVolumes(client: ServiceClient, metadata: Record<string, string>): Promise<Volume[]> {
  const find = (query: Record<string, string>) =>
    readAll('block-storage', client, ['volumes', 'detail'], 'volumes', query, MICROVERSION);
  // Cinder reads the filter as a Python literal; a JSON object of strings is one.
  const rows = await find({ metadata: JSON.stringify(metadata) }).catch((error: unknown) => {
    // Operators may disable filters (resource_filters.json): then all volumes are searched.
    if (hasCode(error, 'openstack.bad-request')) return find({});
    throw error;
  });
  const projectId = await client.projectId();
  // The service may ignore the filter: a volume with other metadata, or of another project, must not be touched.
  return rows
    .map((row) => volumeFrom(row, projectId))
    .filter((volume) => volume.projectId === projectId)
    .filter((volume) => Object.entries(metadata).every(([key, value]) => volume.metadata[key] === value));
}
