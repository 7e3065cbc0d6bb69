import type { Volume } from '../../../ports/openstack.ts';
import { integer, type JsonObject, list, strings, text } from '../calls/read-json.ts';

/**
 * Cinder's `volume` (api-ref "Show a volume's details") in our words. The answer to a create names no project:
 * it is the session's.
 */
export function volumeFrom(raw: JsonObject, sessionProject: string): Volume {
  const id = text(raw.id) ?? '';
  return {
    id,
    // null unless the volume was migrated; only an admin's token sees it.
    nameId: text(raw['os-vol-mig-status-attr:name_id']) ?? id,
    name: text(raw.name),
    projectId: text(raw['os-vol-tenant-attr:tenant_id']) ?? sessionProject,
    status: text(raw.status) ?? 'unknown',
    sizeGiB: integer(raw.size) ?? 0,
    volumeType: text(raw.volume_type),
    // Cinder gives a string.
    bootable: raw.bootable === true || raw.bootable === 'true',
    encrypted: raw.encrypted === true,
    multiattach: raw.multiattach === true,
    host: text(raw['os-vol-host-attr:host']),
    attachments: list(raw.attachments).map((one) => ({
      serverId: text(one.server_id) ?? '',
      device: text(one.device),
    })),
    metadata: strings(raw.metadata),
    imageMetadata: strings(raw.volume_image_metadata),
    availabilityZone: text(raw.availability_zone),
    raw,
  };
}
