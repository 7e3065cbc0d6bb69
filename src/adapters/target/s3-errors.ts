import { RewindError } from '../../domain/errors.ts';
import { clockOff, exists, full, noBucket, notFound, notWritable, truncated, unavailable } from './target-errors.ts';

/** S3's and other makers' words for a bucket, user or store that has no room. */
const FULL = new Set(['QuotaExceeded', 'InsufficientCapacity', 'XMinioStorageFull', 'StorageFull', 'EntityTooLarge']);
const NOT_WRITABLE = new Set(['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'AccessDenied', 'AllAccessDisabled']);
const CLOCK = new Set(['RequestTimeTooSkewed', 'RequestExpired', 'RequestInTheFuture']);
const NO_BUCKET = new Set(['NoSuchBucket']);
const ABSENT = new Set(['NoSuchKey', 'NotFound']);
const TAKEN = new Set(['PreconditionFailed']);
/** Refused because of how the bytes arrived, or because two came at once: the next time they may arrive well. */
const BAD_LUCK = new Set([
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  'IncompleteBody',
  'RequestTimeout',
  'ConditionalRequestConflict',
  'OperationAborted',
  'SlowDown',
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

/** True when the same call may go better a moment later. */
export function mayPass(error: unknown): boolean {
  if (error instanceof RewindError) return error.retry;
  if (says(error, FULL)) return false;
  const status = statusOf(error);
  // No status: there was no answer, or not all of it.
  return status === 0 || status >= 500 || status === 429 || status === 408 || says(error, BAD_LUCK);
}

/** What the server said, in the words of the port. RewindErrors pass unchanged. */
export function s3Error(target: string, error: unknown): RewindError {
  if (error instanceof RewindError) return error;
  const status = statusOf(error);
  if (says(error, FULL) || status === 507) return full(target, error);
  // Both come with 403 or 404, as what they are not.
  if (says(error, CLOCK)) return clockOff(target, error);
  if (says(error, NO_BUCKET)) return noBucket(target, error);
  if (isAbsent(error)) return notFound(error);
  if (isTaken(error)) return exists(error);
  if (says(error, new Set(['InvalidRange'])) || status === 416) return truncated();
  if (says(error, NOT_WRITABLE) || status === 401 || status === 403) return notWritable(target, error);
  return unavailable(target, error, mayPass(error));
}
