import type { ChildOf } from '../domain/errors/error-catalogue.ts';
import type { SeenAction, SeenMigration } from '../domain/operations/nova-intent.ts';
import type { Networking, Offerings, ServerMaking } from './server-making.ts';

/**
 * What Rewind needs from OpenStack. The shapes are our own; the adapters translate. Errors: `openstack.*`, see each
 * port.
 */

export interface ServerVolume {
  volumeId: string;
  device: string | null;
  deleteOnTermination: boolean;
}

/** Why a server or a volume could not be made. */
export type ServerTrouble = ToldTrouble<ChildOf<'server.not-created'>>;
export type VolumeTrouble = ToldTrouble<ChildOf<'volume.not-created'>>;

/** A cause that a service names, in our words: tenants may read it. */
interface ToldTrouble<C extends string> {
  /** The last part of a code: `no-host`. */
  code: C;
  /** Ends a sentence that names the service. */
  words: string;
  hint: string | null;
}

export interface Server {
  id: string;
  name: string;
  projectId: string;
  userId: string;
  /** ACTIVE, SHUTOFF, … */
  status: string;
  taskState: string | null;
  vmState: string | null;
  powerState: number | null;
  locked: boolean;
  lockedReason: string | null;
  /** Only an administrator's token sees it. */
  host: string | null;
  /** UP, DOWN, UNKNOWN (it does not report), MAINTENANCE; null: not reported, or on no host. */
  hostStatus?: string | null;
  /** Null when it boots from a volume. */
  imageId: string | null;
  rootDeviceName: string | null;
  /** What went wrong according to Nova, when the cause is known; it was so last time, not necessarily now. */
  trouble?: ServerTrouble;
  /** In the order of Nova's list. */
  volumes: ServerVolume[];
  /** Nova's answer as it came: kept in manifests, so that a server can be rebuilt from them. */
  raw: Record<string, unknown>;
}

/** What one answer of Nova says about it. */
export type ServerState = Omit<Server, 'volumes'>;

/** A row of Nova's list. */
export interface ListedServer {
  id: string;
  name: string;
  projectId: string;
  /** ACTIVE, SHUTOFF, … */
  status: string;
  tags: string[];
  metadata: Record<string, string>;
  createdAt: string | null;
}

interface Attachment {
  serverId: string;
  device: string | null;
}

export interface Volume {
  id: string;
  /** The id in the image's name: differs from `id` after a migration. */
  nameId: string;
  name: string | null;
  projectId: string;
  /** available, in-use, maintenance, … */
  status: string;
  sizeGiB: number;
  volumeType: string | null;
  bootable: boolean;
  encrypted: boolean;
  multiattach: boolean;
  /** `host@backend#pool`; only an administrator's token sees it. */
  host: string | null;
  attachments: Attachment[];
  metadata: Record<string, string>;
  /** volume_image_metadata: Nova reads hw_* from it when it boots from the volume. */
  imageMetadata: Record<string, string>;
  availabilityZone: string | null;
  raw: Record<string, unknown>;
}

export interface NewVolume {
  name: string | null;
  description: string | null;
  sizeGiB: number;
  volumeType: string | null;
  availabilityZone: string | null;
  metadata: Record<string, string>;
}

export interface AttachHow {
  deleteOnTermination?: boolean;
  /** Nova's device tag. */
  tag?: string | null;
}

/**
 * Nova. A 202 proves nothing: callers poll with `server()`. Errors: `openstack.not-found` (404), `openstack.conflict`
 * (409, wrong state), `openstack.forbidden`, `openstack.over-quota`, `openstack.bad-request`, `openstack.unavailable`
 * (errored, retry; no answer, 5xx).
 */
export interface Compute {
  /**
   * Admin: servers of all projects that changed since this ISO time, deleted ones too: this shows what Nova does to
   * them now.
   */
  changedServers(since: string): Promise<{ id: string; taskState: string | null; status: string }[]>;
  /** Admin: the newest requested rebuild or evacuation of the server. */
  rebuildAsked(serverId: string): Promise<SeenAction | undefined>;
  /** Admin: where the server was or is being moved. */
  migrations(serverId: string): Promise<SeenMigration[]>;
  /** Like a power switch: the guest is not asked. */
  rebootServer(id: string): Promise<void>;
  /** All servers of this session's project; for an administrator also of another project, or (null) of all. */
  servers(projectId?: string | null): Promise<ListedServer[]>;
  /** Undefined when there is none, or when this session cannot see it. */
  server(id: string): Promise<Server | undefined>;
  /** The same without its volumes: one request to Nova instead of two. */
  serverState(id: string): Promise<ServerState | undefined>;
  stopServer(id: string): Promise<void>;
  startServer(id: string): Promise<void>;
  lockServer(id: string, reason: string): Promise<void>;
  unlockServer(id: string): Promise<void>;
  /** Admin: writes the state into Nova's database and does nothing else. */
  resetState(id: string, state: 'active' | 'error'): Promise<void>;
  attachVolume(serverId: string, volumeId: string, how?: AttachHow): Promise<void>;
  detachVolume(serverId: string, volumeId: string): Promise<void>;
}

/** Cinder, same errors. */
export interface BlockStorage {
  volume(id: string): Promise<Volume | undefined>;
  /** Why a volume failed, when Cinder's messages name a known cause. */
  troubleOf?(id: string): Promise<VolumeTrouble | undefined>;
  createVolume(volume: NewVolume): Promise<Volume>;
  /** Idempotent: absent is fine. */
  deleteVolume(id: string): Promise<void>;
  /** Volumes of this session's project with these metadata. */
  findVolumes(metadata: Record<string, string>): Promise<Volume[]>;
  /** Ids and statuses of the volume's Cinder snapshots. */
  snapshotsOf(volumeId: string): Promise<{ id: string; status: string }[]>;
  /** Admin: changes the status in Cinder's database only. */
  resetStatus(volumeId: string, status: string): Promise<void>;
  setBootable(volumeId: string, bootable: boolean): Promise<void>;
  setImageMetadata(volumeId: string, metadata: Record<string, string>): Promise<void>;
}

/** What is recorded of what belongs to a server, as the services described it. */
export interface Environment {
  server: Record<string, unknown>;
  flavor: Record<string, unknown> | null;
  image: Record<string, unknown> | null;
  /** From os-volume_attachments and os-interface, which show the device tags. */
  volumeAttachments: Record<string, unknown>[];
  interfaces: Record<string, unknown>[];
  ports: Record<string, unknown>[];
  /** Those of the ports: their names and addresses, in case they are gone. */
  networks: Record<string, unknown>[];
  subnets: Record<string, unknown>[];
  floatingIps: Record<string, unknown>[];
  securityGroups: Record<string, unknown>[];
  keypair: Record<string, unknown> | null;
  serverGroup: Record<string, unknown> | null;
  tags: string[];
  userData: string | null;
}

/** Clients for all services, with one identity. */
export interface Hands {
  compute: Compute;
  blockStorage: BlockStorage;
  making: ServerMaking;
  network: Networking;
  offerings: Offerings;
}

/** Rewind's access to the cloud. */
export interface Cloud {
  /** Acts inside a tenant's project: what it makes belongs to the project. */
  tenant(projectId: string): Hands;
  /** Sees all projects; only this one can lock against tenants and reset a volume's status. */
  admin: Hands;
  /** Uses the caller's own token (plus our service token): for checks during a request. */
  caller(token: string, projectId: string): Hands;
  environment(server: Server): Promise<Environment>;
}

/** The contents of a validated token. */
export interface TokenInfo {
  userId: string;
  userName: string;
  projectId: string | null;
  roles: string[];
  /** e.g. ['password'], ['application_credential'] */
  methods: string[];
  expiresAt: string;
  systemScope: boolean;
  /** Types of the services in the token's catalogue. */
  catalogTypes: string[];
  /** Application credential access rules: null when unrestricted. */
  accessRules: { method: string; path: string; service: string }[] | null;
  /** The trust by which the token was issued: it acts in the trustor's name, for as long as they want. */
  trustId: string | null;
  /** Id of the application credential with which the token was issued. */
  credentialId: string | null;
  /**
   * True: it is valid only together with a client's certificate (OAuth 2.0, RFC 8705), which this service never sees.
   */
  ofCertificate: boolean;
}

export interface Identity {
  /** Undefined: the token is not valid. Rejects with `openstack.unavailable` when Keystone does not answer. */
  validateToken(token: string, allowExpired: boolean): Promise<TokenInfo | undefined>;
}
