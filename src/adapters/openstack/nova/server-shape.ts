import type { ListedServer, ServerState, ServerTrouble, ServerVolume } from '../../../ports/openstack.ts';
import { knownFault } from '../calls/known-refusals.ts';
import { namedLimit } from '../calls/named-limits.ts';
import { integer, type JsonObject, object, strings, text } from '../calls/read-json.ts';

/** Nova's `server` (api-ref "Show Server Details", 2.79 and later) in our form. */
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
    // An empty string when it boots from a volume.
    imageId: text(object(raw.image).id),
    rootDeviceName: text(raw['OS-EXT-SRV-ATTR:root_device_name']),
    ...troubleOf(text(object(raw.fault).message)),
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

/** Nova's messages are not for tenants; the limit or cause that they name is. */
function troubleOf(fault: string | null): { trouble?: ServerTrouble } {
  if (fault === null) return {};
  const limit = namedLimit(fault);
  if (limit) {
    const words = limit.words === '' ? 'a quota is used up.' : `the limit of ${limit.words} is used up.`;
    return { trouble: { code: 'over-quota', words, hint: QUOTA_HINT } };
  }
  const known = knownFault(fault);
  return known ? { trouble: { code: known.code, words: known.words, hint: known.hint ?? null } } : {};
}

const QUOTA_HINT = 'Free some of it or ask for more quota, then try again.';

/** A row of os-volume_attachments: the server itself does not name devices. */
export function serverVolumeFrom(raw: JsonObject): ServerVolume {
  return {
    volumeId: text(raw.volumeId) ?? '',
    device: text(raw.device),
    deleteOnTermination: raw.delete_on_termination === true,
  };
}
