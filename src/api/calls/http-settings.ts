/** What the operator decides about the API. */
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
/** Of a request whose token has access rules; the longest of our paths has about 90. */
export const MAX_RESTRICTED_PATH = 512;
/** Characters of paths times characters of rules, for one request: some ten milliseconds. */
export const MAX_ACCESS_RULE_STEPS = 4_000_000;
export const MAX_CACHED_TOKENS = 10_000;
/** Tokens being checked with Keystone at one time; a flood of bad ones must not become a flood there. */
export const MAX_VALIDATIONS = 256;
/** Of these, of one client's address: a flood of bad tokens from somewhere must not keep all others out. */
export const MAX_VALIDATIONS_OF_ONE = 64;
/** Requests that read or compute much, in one process; of one project; and those that wait. */
export const HEAVY_TURNS = { most: 6, mostOfOne: 3, mostWaiting: 100, mostWaitingOfOne: 20 };
/** A client that has not taken its answer by then does not get it: it lies in our memory. */
export const MAX_SEND_MS = 60_000;
export const RETRY_AFTER_SECONDS = 5;
export const HEALTH_TIMEOUT_MS = 5_000;
/** `/metrics` answers by then, with older figures if need be. */
export const METRICS_TIMEOUT_MS = 1_500;
export const HEALTH_CACHE_MS = 2_000;

/**
 * REST API versions. What changes the meaning of an answer adds one to the minor number and a line to the history in
 * docs/api.md; answers to those who ask for an older one stay as they were.
 */
export const MIN_VERSION = '1.0';
export const MAX_VERSION = '1.1';
