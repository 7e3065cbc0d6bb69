import { portsOfServer } from '../../domain/operations/own-ports.ts';

type Json = Record<string, unknown>;

/** The JSON of a sealed manifest, without checking its seal. Undefined when it is not one. */
export function readSealed(sealed: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(sealed.slice(0, sealed.trimEnd().lastIndexOf('\n')));
    return object(value);
  } catch {
    return undefined;
  }
}

/**
 * What the project may see of a manifest: what is its own. Not where things lie in Ceph and on the target, nor what
 * Nova, Neutron and Glance show only to administrators (hosts, bindings, user data).
 */
export function tenantsView({ backup, server, disks }: Json): Json {
  const list = Array.isArray(disks) ? disks : [];
  return {
    backup,
    disks: list.map((disk) => without(object(disk) ?? {}, (key) => DISK_FIELDS.has(key))),
    server: environment(object(server) ?? {}),
  };
}

const DISK_FIELDS = new Set(['image', 'snap', 'runs']);
const IMAGE_FIELDS = new Set(['direct_url', 'locations', 'stores', 'file', 'self', 'schema']);
const KEYPAIR_FIELDS = new Set(['name', 'type', 'fingerprint']);
const PARTS = ['flavor', 'floatingIps', 'securityGroups', 'serverGroup', 'tags'];

const ofAdministrators = (key: string): boolean =>
  (key.startsWith('OS-EXT-SRV-ATTR:') && key !== 'OS-EXT-SRV-ATTR:root_device_name') || key === 'host_status';
const ofBindings = (key: string): boolean =>
  (key.startsWith('binding:') && key !== 'binding:vnic_type') || key === 'resource_request';

function environment(all: Json): Json {
  const ports = portsOfServer(object(all.server) ?? {}, all.ports).own;
  return {
    server: without(object(all.server) ?? {}, ofAdministrators),
    image: all.image ? without(object(all.image) ?? {}, (key) => IMAGE_FIELDS.has(key)) : null,
    ports: ports.map((port) => without(port, ofBindings)),
    keypair: all.keypair ? without(object(all.keypair) ?? {}, (key) => !KEYPAIR_FIELDS.has(key)) : null,
    ...Object.fromEntries(PARTS.map((part) => [part, all[part] ?? null])),
  };
}

const object = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;

const without = (value: Json, drop: (key: string) => boolean): Json =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !drop(key)));
