import { type ChildOf, entryOf } from '../../../domain/errors/error-catalogue.ts';
import { RewindError } from '../../../domain/errors.ts';
import { clockOff, exists, noBucket, notFound, refused, truncated, unavailable } from '../target-errors.ts';

/**
 * The meaning of a bucket server's error: our code, its words after "The target x ", and a hint if it is more specific
 * than the catalogue's.
 */
type Meaning = readonly [code: ChildOf<'target'>, words: string, hint?: string];

const KEY = 'Look at `access_key` and `secret_key_file` of the target.';
const RIGHTS = 'The key needs to get, put, delete and list in the bucket.';

/** By the server's code. RadosGW, MinIO and others have some codes of their own. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  QuotaExceeded: [
    'full.quota',
    'is full: the quota of its bucket or user is used up.',
    'Raise that quota, or free room.',
  ],
  XMinioAdminBucketQuotaExceeded: [
    'full.quota',
    'is full: the quota of its bucket is used up.',
    'Raise that quota, or free room.',
  ],
  TooManyBuckets: ['full.quota', 'is full: its user may have no more buckets.', 'Raise that limit.'],
  InsufficientCapacity: ['full', 'is full.', 'Give it more room.'],
  XMinioStorageFull: ['full', 'is full.', 'Give it more room.'],
  StorageFull: ['full', 'is full.', 'Give it more room.'],
  InsufficientStorage: ['full', 'is full.', 'Give it more room.'],
  EntityTooLarge: ['full.object-size', 'takes no object of this size.'],
  InvalidAccessKeyId: ['not-writable.unknown-key', 'does not know the access key.', KEY],
  SignatureDoesNotMatch: ['not-writable.wrong-secret', 'refuses the secret key.', KEY],
  InvalidToken: ['not-writable.unknown-key', 'does not take the credentials.', KEY],
  ExpiredToken: ['not-writable.unknown-key', 'says that the credentials have expired.', KEY],
  AccountProblem: ['not-writable.user-suspended', 'has suspended the user of the key.'],
  UserSuspended: ['not-writable.user-suspended', 'has suspended the user of the key.'],
  InvalidPayer: ['not-writable.user-suspended', 'has suspended the user of the key.'],
  NotSignedUp: ['not-writable.user-suspended', 'has suspended the user of the key.'],
  AccessDenied: ['not-writable', 'refuses access.', RIGHTS],
  AllAccessDisabled: ['not-writable', 'refuses access.', RIGHTS],
  MethodNotAllowed: ['not-writable.locked', 'lets this object not be changed or removed.'],
  ObjectLocked: ['not-writable.locked', 'lets this object not be changed or removed.'],
  WORMProtected: ['not-writable.locked', 'lets this object not be changed or removed.'],
  InvalidObjectState: ['unavailable.archived', 'has moved an object to a storage class that must be asked for first.'],
  PermanentRedirect: ['unavailable.region', 'lies in another region than its settings say.'],
  AuthorizationHeaderMalformed: ['unavailable.region', 'lies in another region than its settings say.'],
  IllegalLocationConstraintException: ['unavailable.region', 'lies in another region than its settings say.'],
  InvalidBucketName: ['no-bucket', 'has no bucket of this name: it is no name for one.', 'Mend `bucket`.'],
  NotImplemented: ['unavailable.not-supported', 'does not know a call that is needed.'],
  KMS: ['unavailable.server-keys', 'cannot use the key that it encrypts the bucket with.'],
  SlowDown: ['unavailable.slow-down', 'limits how much it is asked.'],
  Throttling: ['unavailable.slow-down', 'limits how much it is asked.'],
  ThrottlingException: ['unavailable.slow-down', 'limits how much it is asked.'],
  TooManyRequests: ['unavailable.slow-down', 'limits how much it is asked.'],
  TooManyRequestsException: ['unavailable.slow-down', 'limits how much it is asked.'],
  RequestLimitExceeded: ['unavailable.slow-down', 'limits how much it is asked.'],
  BandwidthLimitExceeded: ['unavailable.slow-down', 'limits how much it is asked.'],
};
const CLOCK = new Set(['RequestTimeTooSkewed', 'RequestExpired', 'RequestInTheFuture']);
const NO_BUCKET = new Set(['NoSuchBucket']);
const ABSENT = new Set(['NoSuchKey', 'NotFound']);
const TAKEN = new Set(['PreconditionFailed']);
const SHORT = new Set(['InvalidRange']);
/** Errors of a socket or of a TLS handshake. Asking again does not make a certificate better. */
const TLS = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|HOSTNAME_MISMATCH|EPROTO$)/;
const CERTIFICATE: Meaning = ['unavailable.certificate', 'shows a certificate that is not to be trusted.'];
/** Refused because of how the bytes arrived, or because two requests came at once: the next attempt may go well. */
const BAD_LUCK = new Set([
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  'IncompleteBody',
  'RequestTimeout',
  'ConditionalRequestConflict',
  'OperationAborted',
]);
/** What is read of an error of the SDK; its messages never leave the log. */
interface Said {
  name?: unknown;
  Code?: unknown;
  code?: unknown;
  $metadata?: { httpStatusCode?: number };
}

const wordsOf = (error: unknown): string[] => {
  const { name, Code, code } = (error ?? {}) as Said;
  return [Code, name, code].filter((word) => typeof word === 'string');
};
const says = (error: unknown, words: ReadonlySet<string>): boolean => wordsOf(error).some((word) => words.has(word));
const statusOf = (error: unknown): number => ((error ?? {}) as Said).$metadata?.httpStatusCode ?? 0;

export const isAbsent = (error: unknown): boolean => says(error, ABSENT);
export const isTaken = (error: unknown): boolean => says(error, TAKEN) || statusOf(error) === 412;

function meaningOf(error: unknown): Meaning | undefined {
  for (const word of wordsOf(error)) {
    if (Object.hasOwn(MEANINGS, word)) return MEANINGS[word];
    if (word.startsWith('KMS.')) return MEANINGS.KMS;
    if (TLS.test(word)) return CERTIFICATE;
  }
  return BY_STATUS[statusOf(error)];
}

/** Used when the server gives no code, or an unknown one: the answer to a HEAD has no body. */
const BY_STATUS: Readonly<Record<number, Meaning | undefined>> = {
  301: MEANINGS.PermanentRedirect,
  307: MEANINGS.PermanentRedirect,
  413: MEANINGS.EntityTooLarge,
  429: MEANINGS.SlowDown,
  501: MEANINGS.NotImplemented,
  507: MEANINGS.StorageFull,
};

/** True when the same call may succeed a moment later. */
export function mayPass(error: unknown): boolean {
  if (error instanceof RewindError) return error.retry;
  if (says(error, CLOCK) || says(error, NO_BUCKET)) return false;
  const known = meaningOf(error);
  if (known) return entryOf(`target.${known[0]}`).retry === true;
  const status = statusOf(error);
  // Without a status, there was no answer, or not all of it.
  return status === 0 || status >= 500 || status === 408 || says(error, BAD_LUCK);
}

/** Translates the server's error into the port's. RewindErrors pass unchanged. */
export function s3Error(target: string, error: unknown): RewindError {
  if (error instanceof RewindError) return error;
  const status = statusOf(error);
  // Both come as 403 or 404, which would be misread.
  if (says(error, CLOCK)) return clockOff(target, error);
  if (says(error, NO_BUCKET)) return noBucket(target, error);
  const known = meaningOf(error);
  if (known) return refused(target, known, error);
  if (isAbsent(error)) return notFound(error);
  if (isTaken(error)) return exists(error);
  if (says(error, SHORT) || status === 416) return truncated();
  if (status === 401 || status === 403) return refused(target, ['not-writable', 'refuses access.', RIGHTS], error);
  if (mayPass(error)) return unavailable(target, error, { hint: SERVER });
  return unavailable(target, error, { retry: false, words: UNKNOWN, hint: 'The log has its words.' });
}

const SERVER = 'Look at the server of the bucket and the network.';
const UNKNOWN = 'does not answer as it should, for a reason that is not known here.';
