/** The services that Rewind talks to, by their types in the service-types authority. */
export type ServiceName = 'identity' | 'compute' | 'block-storage' | 'image' | 'network';

/** How to reach one region of a cloud, and with which identity. */
export interface CloudConfig {
  /** Keystone, with or without `/v3`. */
  authUrl: string;
  username: string;
  /** The secret itself, already read from its file. */
  password: string;
  userDomainName: string;
  /** The project of the service user: its token there is the admin session. */
  projectName: string;
  projectDomainName: string;
  region: string;
  /** In order of preference. */
  interfaces?: string[];
  /** Used instead of the catalogue's; `%(project_id)s` is understood. */
  endpointOverrides?: Partial<Record<ServiceName, string>>;
  /** Hosts (`name` or `name:port`) that may have endpoints. Absent: any host in our own token's catalogue. */
  allowedHosts?: string[];
  caFile?: string;
  /** True: certificates are not checked. For labs. */
  insecure?: boolean;
  /** Limit for connection and answer together, in ms. */
  timeoutMs?: number;
}

export const DEFAULT_INTERFACES: readonly string[] = ['internal', 'public'];
export const DEFAULT_TIMEOUT_MS = 60_000;
