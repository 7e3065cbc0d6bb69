import { type JsonObject, list, object, text } from '../json.ts';
import { byText } from '../order.ts';

/** The ports that carry a server's id, by the server's record. */
export interface Ports {
  /** In the order in which Nova gave them to the guest. */
  own: JsonObject[];
  /** Ids of ports that only claim to be the server's. */
  strangers: string[];
}

/**
 * Any project may write any server's id into a port of its own. The server's own ports are those of its project that
 * Nova itself shows: by their MAC among its addresses or, for a port without an address, by the host, which only Nova
 * writes there.
 */
export function portsOfServer(server: JsonObject, ports: unknown): Ports {
  const macs = macsOf(server);
  const projectId = text(server.tenant_id);
  const host = text(server['OS-EXT-SRV-ATTR:host']);
  const place = (port: JsonObject) => macs.indexOf(macOf(port));
  const isOwn = (port: JsonObject): boolean => {
    if (projectId === null || projectOf(port) !== projectId) return false;
    if (place(port) >= 0) return true;
    return list(port.fixed_ips).length === 0 && host !== null && port['binding:host_id'] === host;
  };
  const given = list(ports);
  const rank = (port: JsonObject) => (place(port) < 0 ? macs.length : place(port));
  return {
    own: given.filter(isOwn).sort((a, b) => rank(a) - rank(b) || byText(text(a.id) ?? '', text(b.id) ?? '')),
    strangers: given.filter((port) => !isOwn(port)).map((port) => text(port.id) ?? ''),
  };
}

/** Neutron gives it in both forms, old releases only in the second. */
export const projectOf = (raw: JsonObject): string | null => text(raw.project_id) ?? text(raw.tenant_id);

const macOf = (port: JsonObject): string => (text(port.mac_address) ?? '-').toLowerCase();

const macsOf = (server: JsonObject): string[] =>
  Object.values(object(server.addresses))
    .flatMap(list)
    .map((one) => (text(one['OS-EXT-IPS-MAC:mac_addr']) ?? '').toLowerCase());
