import type { ListedServer, ServerState, ServerVolume } from '../../ports/openstack.ts';
import { integer, type JsonObject, object, strings, text } from './json.ts';

/** Nova's `server` (api-ref "Show Server Details", 2.79 and later) in our words. */
export function serverStateFrom(raw: JsonObject): ServerState {
  return {
    id: text(raw.id) ?? '',
    name: text(raw.name) ?? '',
    projectId: text(raw.tenant_id) ?? '',
    userId: text(raw.user_id) ?? '',
    status: text(raw.status) ?? 'UNKNOWN',
    taskState: text(raw['OS-EXT-STS:task_state']),
    vmState: text(raw['OS-EXT-STS:vm_state']),
    powerState: integer(raw['OS-EXT-STS:power_state']),
    locked: raw.locked === true,
    lockedReason: text(raw.locked_reason),
    host: text(raw['OS-EXT-SRV-ATTR:host']),
    hostStatus: text(raw.host_status) || null,
    // An empty string when booted from volume.
    imageId: text(object(raw.image).id),
    rootDeviceName: text(raw['OS-EXT-SRV-ATTR:root_device_name']),
    raw,
  };
}

export const listedServerFrom = (raw: JsonObject): ListedServer => ({
  id: text(raw.id) ?? '',
  name: text(raw.name) ?? '',
  projectId: text(raw.tenant_id) ?? '',
  status: text(raw.status) ?? 'UNKNOWN',
  tags: Array.isArray(raw.tags) ? raw.tags.map(String) : [],
  metadata: strings(raw.metadata),
  createdAt: text(raw.created),
});

/** A line of os-volume_attachments: the server itself does not name devices. */
export function serverVolumeFrom(raw: JsonObject): ServerVolume {
  return {
    volumeId: text(raw.volumeId) ?? '',
    device: text(raw.device),
    deleteOnTermination: raw.delete_on_termination === true,
  };
}
