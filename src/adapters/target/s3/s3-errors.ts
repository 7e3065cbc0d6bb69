import { RewindError } from '../../../domain/errors.ts';
import { clockOff, exists, noBucket, notFound, refused, truncated } from '../target-errors.ts';

/** What a server of a bucket says: our code, its words after "The target x ", whether it may pass, a hint. */
type Meaning = readonly [code: string, words: string, retry: boolean, hint: string];

const KEY = 'Look at `access_key` and `secret_key_file` of the target.';
const RIGHTS = 'The key needs to get, put, delete and list in the bucket.';

/** By the server's code. RadosGW, MinIO and others have some of their own. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  QuotaExceeded: [
    'full.quota',
    'is full: the quota of its bucket or user is used up.',
    false,
    'Raise that quota, or free room.',
  ],
  XMinioAdminBucketQuotaExceeded: [
    'full.quota',
    'is full: the quota of its bucket is used up.',
    false,
    'Raise that quota, or free room.',
  ],
  TooManyBuckets: ['full.quota', 'is full: its user may have no more buckets.', false, 'Raise that limit.'],
  InsufficientCapacity: ['full', 'is full.', false, 'Give it more room.'],
  XMinioStorageFull: ['full', 'is full.', false, 'Give it more room.'],
  StorageFull: ['full', 'is full.', false, 'Give it more room.'],
  InsufficientStorage: ['full', 'is full.', false, 'Give it more room.'],
  EntityTooLarge: [
    'full.object-size',
    'takes no object of this size.',
    false,
    'Raise the limit of the server or of the proxy before it (rgw_max_put_size).',
  ],
  InvalidAccessKeyId: ['not-writable.unknown-key', 'does not know the access key.', false, KEY],
  SignatureDoesNotMatch: ['not-writable.wrong-secret', 'refuses the secret key.', false, KEY],
  InvalidToken: ['not-writable.unknown-key', 'does not take the credentials.', false, KEY],
  ExpiredToken: ['not-writable.unknown-key', 'says that the credentials have expired.', false, KEY],
  AccountProblem: ['not-writable.user-suspended', 'has suspended the user of the key.', false, 'Ask who runs it.'],
  UserSuspended: ['not-writable.user-suspended', 'has suspended the user of the key.', false, 'Ask who runs it.'],
  InvalidPayer: ['not-writable.user-suspended', 'has suspended the user of the key.', false, 'Ask who runs it.'],
  NotSignedUp: ['not-writable.user-suspended', 'has suspended the user of the key.', false, 'Ask who runs it.'],
  AccessDenied: ['not-writable', 'refuses access.', false, RIGHTS],
  AllAccessDisabled: ['not-writable', 'refuses access.', false, RIGHTS],
  MethodNotAllowed: [
    'not-writable.locked',
    'lets this object not be changed or removed.',
    false,
    'It is locked or kept for a time (object lock): use a bucket without.',
  ],
  ObjectLocked: [
    'not-writable.locked',
    'lets this object not be changed or removed.',
    false,
    'It is locked or kept for a time (object lock): use a bucket without.',
  ],
  WORMProtected: [
    'not-writable.locked',
    'lets this object not be changed or removed.',
    false,
    'It is locked or kept for a time (object lock): use a bucket without.',
  ],
  InvalidObjectState: [
    'unavailable.archived',
    'has moved an object to a storage class that must be asked for first.',
    false,
    'Have it brought back there, and take away the rule that archives.',
  ],
  PermanentRedirect: [
    'unavailable.region',
    'lies in another region than its settings say.',
    false,
    'Mend `region` and `endpoint`.',
  ],
  AuthorizationHeaderMalformed: [
    'unavailable.region',
    'lies in another region than its settings say.',
    false,
    'Mend `region` and `endpoint`.',
  ],
  IllegalLocationConstraintException: [
    'unavailable.region',
    'lies in another region than its settings say.',
    false,
    'Mend `region` and `endpoint`.',
  ],
  InvalidBucketName: ['no-bucket', 'has no bucket of this name: it is no name for one.', false, 'Mend `bucket`.'],
  NotImplemented: [
    'unavailable.not-supported',
    'does not know a call that is needed.',
    false,
    'It must know the calls of S3 for multipart uploads and lists (version 2).',
  ],
  KMS: [
    'unavailable.server-keys',
    'cannot use the key that it encrypts the bucket with.',
    false,
    'Look at the KMS of the bucket.',
  ],
  SlowDown: ['unavailable.slow-down', 'limits how much it is asked.', true, 'Fewer workers, or a higher limit there.'],
  Throttling: [
    'unavailable.slow-down',
    'limits how much it is asked.',
    true,
    'Fewer workers, or a higher limit there.',
  ],
  ThrottlingException: [
    'unavailable.slow-down',
    'limits how much it is asked.',
    true,
    'Fewer workers, or a higher limit there.',
  ],
  TooManyRequests: [
    'unavailable.slow-down',
    'limits how much it is asked.',
    true,
    'Fewer workers, or a higher limit there.',
  ],
  TooManyRequestsException: [
    'unavailable.slow-down',
    'limits how much it is asked.',
    true,
    'Fewer workers, or a higher limit there.',
  ],
  RequestLimitExceeded: [
    'unavailable.slow-down',
    'limits how much it is asked.',
    true,
    'Fewer workers, or a higher limit there.',
  ],
  BandwidthLimitExceeded: [
    'unavailable.slow-down',
    'limits how much it is asked.',
    true,
    'Fewer workers, or a higher limit there.',
  ],
};
const CLOCK = new Set(['RequestTimeTooSkewed', 'RequestExpired', 'RequestInTheFuture']);
const NO_BUCKET = new Set(['NoSuchBucket']);
const ABSENT = new Set(['NoSuchKey', 'NotFound']);
const TAKEN = new Set(['PreconditionFailed']);
const SHORT = new Set(['InvalidRange']);
/** What a socket or a TLS handshake says. A certificate does not get better by asking again. */
const TLS = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|HOSTNAME_MISMATCH|EPROTO$)/;
const CERTIFICATE: Meaning = [
  'unavailable.certificate',
  'shows a certificate that is not to be trusted.',
  false,
  'Have the host trust who signed it (NODE_EXTRA_CA_CERTS), or mend the certificate.',
];
/** Refused because of how the bytes arrived, or because two came at once: the next time they may arrive well. */
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

/** When the server gives no code, or one that nobody knows: a HEAD has no body. */
const BY_STATUS: Readonly<Record<number, Meaning | undefined>> = {
  301: MEANINGS.PermanentRedirect,
  307: MEANINGS.PermanentRedirect,
  413: MEANINGS.EntityTooLarge,
  429: MEANINGS.SlowDown,
  501: MEANINGS.NotImplemented,
  507: MEANINGS.StorageFull,
};

/** True when the same call may go better a moment later. */
export function mayPass(error: unknown): boolean {
  if (error instanceof RewindError) return error.retry;
  if (says(error, CLOCK) || says(error, NO_BUCKET)) return false;
  const known = meaningOf(error);
  if (known) return known[2];
  const status = statusOf(error);
  // No status: there was no answer, or not all of it.
  return status === 0 || status >= 500 || status === 408 || says(error, BAD_LUCK);
}

/** What the server said, in the words of the port. RewindErrors pass unchanged. */
export function s3Error(target: string, error: unknown): RewindError {
  if (error instanceof RewindError) return error;
  const status = statusOf(error);
  // Both come with 403 or 404, as what they are not.
  if (says(error, CLOCK)) return clockOff(target, error);
  if (says(error, NO_BUCKET)) return noBucket(target, error);
  const known = meaningOf(error);
  if (known) return refused(target, known, error);
  if (isAbsent(error)) return notFound(error);
  if (isTaken(error)) return exists(error);
  if (says(error, SHORT) || status === 416) return truncated();
  if (status === 401 || status === 403)
    return refused(target, ['not-writable', 'refuses access.', false, RIGHTS], error);
  if (mayPass(error)) return refused(target, ['unavailable', 'does not answer as it should.', true, SERVER], error);
  return refused(target, ['unavailable', UNKNOWN, false, 'The log has its words.'], error);
}

const SERVER = 'Look at the server of the bucket and the network.';
const UNKNOWN = 'does not answer as it should, for a reason that is not known here.';
