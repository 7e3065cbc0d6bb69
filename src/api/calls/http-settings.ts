/** The operator's settings for the API. */
export interface HttpSettings {
  /** With the prefix, without a slash at the end; null: taken from each request. */
  publicUrl: string | null;
  /** `/vm-backup`, or '' for none. */
  pathPrefix: string;
  maxBodyBytes: number;
  defaultPage: number;
  maxPage: number;
  trustProxy: boolean;
  corsAllowedOrigins: readonly string[];
  serviceType: string;
  /** Keystone's public URL, for WWW-Authenticate. */
  keystoneUrl: string;
  serviceTokenRoles: readonly string[];
  tokenCacheSeconds: number;
}

/** Limits that nobody needs to change. */
export const MAX_HEADERS = 100;
export const MAX_HEADER_BYTES = 16_384;
export const MAX_URL_LENGTH = 8_192;
export const MAX_QUERY_PARAMETERS = 50;
export const MAX_FILTER_VALUES = 100;
export const MAX_SORT_KEYS = 5;
export const MAX_JSON_DEPTH = 16;
export const MAX_TOKEN_LENGTH = 8_192;
/** For a request whose token has access rules; the longest of our paths has about 90 characters. */
export const MAX_RESTRICTED_PATH = 512;
/** Characters of paths times characters of rules, for one request: some ten milliseconds. */
export const MAX_ACCESS_RULE_STEPS = 4_000_000;
export const MAX_CACHED_TOKENS = 10_000;
/**
 * Number of tokens that are being checked with Keystone at a time; a flood of bad ones must not become a flood there.
 */
export const MAX_VALIDATIONS = 256;
/** The same for the address of one client: a flood of bad tokens from one place must not keep all others out. */
export const MAX_VALIDATIONS_OF_ONE = 64;
/** Requests that read or compute much: in one process, for one project, and waiting. */
export const HEAVY_TURNS = { most: 6, mostOfOne: 3, mostWaiting: 100, mostWaitingOfOne: 20 };
/** A client that has not taken its answer by then does not get it: the answer occupies our memory. */
export const MAX_SEND_MS = 60_000;
export const RETRY_AFTER_SECONDS = 5;
export const HEALTH_TIMEOUT_MS = 5_000;
/** `/metrics` answers within this time, with older figures if necessary. */
export const METRICS_TIMEOUT_MS = 1_500;
export const HEALTH_CACHE_MS = 2_000;

/**
 * REST API versions. A change to the meaning of an answer raises the minor number and adds a line to the history in
 * docs/api-history.md; answers to clients that ask for an older version stay as they were.
 */
export const MIN_VERSION = '1.0';
export const MAX_VERSION = '1.1';
