import type { ChildOf } from '../../../domain/errors/error-catalogue.ts';

type LimitCode = ChildOf<'openstack.over-quota'>;

/** A limit that a service named: its part of our code, and its name in plain words. */
export interface NamedLimit {
  code: LimitCode;
  words: string;
  /** The reported maximum. */
  most: number | null;
}

/** The services' own names of their quotas; those of unified limits (`class:VCPU`) stand beside the older ones. */
const LIMITS: Record<string, readonly [code: LimitCode, words: string]> = {
  instances: ['servers', 'servers'],
  servers: ['servers', 'servers'],
  cores: ['vcpus', 'vCPUs'],
  'class:vcpu': ['vcpus', 'vCPUs'],
  ram: ['memory', 'memory'],
  'class:memory_mb': ['memory', 'memory'],
  metadata_items: ['metadata-items', 'metadata items of one server'],
  server_metadata_items: ['metadata-items', 'metadata items of one server'],
  key_pairs: ['key-pairs', 'key pairs of one user'],
  server_key_pairs: ['key-pairs', 'key pairs of one user'],
  server_groups: ['server-groups', 'server groups'],
  server_group_members: ['server-group-members', 'servers in one server group'],
  volumes: ['volumes', 'volumes'],
  gigabytes: ['gigabytes', 'gigabytes of volumes'],
  per_volume_gigabytes: ['volume-size', 'gigabytes of one volume'],
  snapshots: ['snapshots', 'volume snapshots'],
  backups: ['backups', 'volume backups'],
  backup_gigabytes: ['backup-gigabytes', 'gigabytes of volume backups'],
  groups: ['volume-groups', 'volume groups'],
  port: ['ports', 'ports'],
  network: ['networks', 'networks'],
  subnet: ['subnets', 'subnets'],
  router: ['routers', 'routers'],
  floatingip: ['floating-ips', 'floating IPs'],
  security_group: ['security-groups', 'security groups'],
  security_group_rule: ['security-group-rules', 'security group rules'],
  injected_files: ['injected-files', 'injected files'],
  disk_devices: ['disk-devices', 'disks of one server'],
  address_pairs: ['address-pairs', 'allowed address pairs of one port'],
  image_size_total: ['image-bytes', 'room for images'],
  image_count_total: ['images', 'images'],
};

/** Cinder counts some of them for each volume type as well: `gigabytes_fast`. */
const OF_A_TYPE = /^(volumes|gigabytes|snapshots)_(.{1,255})$/;
/** The operator chose a type's name, and it may be shown when it is nothing but a name. */
const PLAIN_NAME = /^[\w.-]{1,64}$/;

/** Messages that describe a limit without its name. */
const SENTENCES: readonly (readonly [said: RegExp, name: string])[] = [
  [/maximum number of metadata items exceeds/i, 'metadata_items'],
  [/too many key pairs/i, 'key_pairs'],
  [/too many servers in group/i, 'server_group_members'],
  [/too many server groups/i, 'server_groups'],
  [/maximum (?:allowed )?number of disk devices/i, 'disk_devices'],
  [/maximum number of ports exceeded/i, 'port'],
  [/maximum number of floating ips exceeded/i, 'floatingip'],
  [/maximum number of security groups or rules exceeded/i, 'security_group'],
  [/personality file .*(?:exceed|limit)/i, 'injected_files'],
  [/requested volume size .* is larger than maximum allowed/i, 'per_volume_gigabytes'],
  [/requested backup exceeds allowed/i, 'backup_gigabytes'],
  [/maximum number of snapshots allowed/i, 'snapshots'],
  [/maximum number of backups allowed/i, 'backups'],
  [/maximum number of groups allowed/i, 'groups'],
  [/allowed address pair exceeds the maximum/i, 'address_pairs'],
];

/**
 * Where a name is found: Nova "Quota exceeded for cores, ram: Requested …", Cinder "exceeds allowed gigabytes quota",
 * "exceeded for quota 'volumes'", "over quota on volumes", Neutron "Quota exceeded for resources: ['port']", and
 * unified limits "Resource servers is over limit of 10 …".
 */
const NAMES: readonly RegExp[] = [
  /quota exceeded for resources: \[?['"]?([\w]+)/i,
  /quota exceeded for (\w+(?::\w+)?)/i,
  /exceeds allowed (\S+) quota/i,
  /exceeded for quota '([^']+)'/i,
  /over quota on (\S+?)\.?(?:$|\s)/i,
  /resource (\S+) is over limit of/i,
];
/** Where the limit itself is found. */
const MOST: readonly RegExp[] = [
  /number of [a-z ]+ allowed \((\d+)\)/i,
  /number of disk devices \((\d+)\)/i,
  /quota is (\d+)G/,
  /maximum allowed limit (\d+)G/,
  /but already used \d+ of (\d+) /,
  /over limit of (\d+)/,
  /items exceeds (\d+)/,
  /exceeds the maximum (\d+)/,
];

/** A limit that has no name, or none that is known here. */
export const SOME_LIMIT = { code: null, words: '', most: null } as const;

/** Undefined: the text does not mention a limit. */
export function namedLimit(said: string): NamedLimit | typeof SOME_LIMIT | undefined {
  const sentence = SENTENCES.find(([pattern]) => pattern.test(said))?.[1];
  const name = sentence ?? NAMES.map((pattern) => pattern.exec(said)?.[1]).find((found) => found !== undefined);
  if (name === undefined) return SPEAKS_OF_ONE.test(said) ? SOME_LIMIT : undefined;
  const most = mostIn(said);
  const [, base, type] = OF_A_TYPE.exec(name) ?? [];
  const known = LIMITS[(base ?? name).toLowerCase()];
  if (!known) return SOME_LIMIT;
  const [code, words] = known;
  if (type === undefined) return { code, words, most };
  return { code, words: `${words} of ${PLAIN_NAME.test(type) ? `type ${type}` : 'one type'}`, most };
}

const SPEAKS_OF_ONE = /quota exceeded|over ?quota|exceeds.*quota|quota .*exceeded|is over a limit/i;

function mostIn(said: string): number | null {
  const found = MOST.map((pattern) => pattern.exec(said)?.[1]).find((digits) => digits !== undefined);
  return found === undefined || found.length > 15 ? null : Number(found);
}
