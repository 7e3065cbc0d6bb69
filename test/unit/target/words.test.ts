import { describe, expect, test } from '@jest/globals';
import { targetError } from '../../../src/adapters/target/directory/file-errors.ts';
import { mayPass, s3Error } from '../../../src/adapters/target/s3/s3-errors.ts';
import { RewindError } from '../../../src/domain/errors.ts';

/** As Node throws it: it has no name for some numbers. */
const thrown = (code: string, errno: number) => Object.assign(new Error(`${code}: secret`), { code, errno });
const plain = (error: unknown) => {
  if (!(error instanceof RewindError)) throw new Error('an error of the file system came through as it is');
  return { code: error.code.replace('vm-backup.', ''), retry: error.retry, fault: error.fault, hint: error.hint };
};

test.each([
  ['ENOSPC', -28, 'target.full', false],
  ['Unknown system error -122', -122, 'target.full.quota', false],
  ['EDQUOT', -122, 'target.full.quota', false],
  ['EFBIG', -27, 'target.full.file-size', false],
  ['EMLINK', -31, 'target.full.links', false],
  ['EACCES', -13, 'target.not-writable', false],
  ['EROFS', -30, 'target.not-writable.read-only', false],
  ['ENOTSUP', -95, 'target.not-writable.not-supported', false],
  ['ELOOP', -40, 'target.not-writable.symbolic-link', false],
  ['Unknown system error -127', -127, 'target.not-writable.no-ticket', false],
  ['Unknown system error -116', -116, 'target.unavailable.stale', true],
  ['Unknown system error -117', -117, 'target.unavailable.damaged', false],
  ['EIO', -5, 'target.unavailable.io-error', true],
  ['EMFILE', -24, 'target.unavailable.open-files', true],
  ['ENAMETOOLONG', -36, 'target.unavailable.name-too-long', false],
  ['EHOSTDOWN', -112, 'target.unavailable.file-server', true],
  ['ENODEV', -19, 'target.unavailable.device-gone', false],
  ['ENOTDIR', -20, 'target.unavailable.not-a-directory', false],
  ['EEXIST', -17, 'target.exists', false],
  ['Unknown system error -999', -999, 'target.unavailable', false],
])('a file system that says %s (%i): %s', (code, errno, means, retry) => {
  const error = targetError('disk', thrown(code, errno));
  expect(plain(error)).toMatchObject({ code: means, retry, fault: 'errored' });
  expect(`${(error as Error).message} ${plain(error).hint}`).not.toContain('secret');
  if (means !== 'target.exists') expect(plain(error).hint).toBeTruthy();
});

const said = (httpStatusCode: number, Code: string) =>
  Object.assign(new Error('secret'), { name: 'S3ServiceException', Code, $metadata: { httpStatusCode } });

describe.each([
  [403, 'QuotaExceeded', 'target.full.quota', false],
  [400, 'EntityTooLarge', 'target.full.object-size', false],
  [507, 'XMinioStorageFull', 'target.full', false],
  [507, 'Whatever', 'target.full', false],
  [403, 'InvalidAccessKeyId', 'target.not-writable.unknown-key', false],
  [403, 'SignatureDoesNotMatch', 'target.not-writable.wrong-secret', false],
  [403, 'UserSuspended', 'target.not-writable.user-suspended', false],
  [403, 'AccessDenied', 'target.not-writable', false],
  [403, 'Whatever', 'target.not-writable', false],
  [405, 'MethodNotAllowed', 'target.not-writable.locked', false],
  [403, 'InvalidObjectState', 'target.unavailable.archived', false],
  [301, 'PermanentRedirect', 'target.unavailable.region', false],
  [400, 'AuthorizationHeaderMalformed', 'target.unavailable.region', false],
  [301, 'Whatever', 'target.unavailable.region', false],
  [404, 'NoSuchBucket', 'target.no-bucket', false],
  [400, 'InvalidBucketName', 'target.no-bucket', false],
  [403, 'RequestTimeTooSkewed', 'target.clock', false],
  [503, 'SlowDown', 'target.unavailable.slow-down', true],
  [429, 'Whatever', 'target.unavailable.slow-down', true],
  [501, 'NotImplemented', 'target.unavailable.not-supported', false],
  [400, 'KMS.DisabledException', 'target.unavailable.server-keys', false],
  [404, 'NoSuchKey', 'target.not-found', false],
  [412, 'PreconditionFailed', 'target.exists', false],
  [416, 'InvalidRange', 'target.truncated', false],
  [500, 'InternalError', 'target.unavailable', true],
  [400, 'RequestTimeout', 'target.unavailable', true],
  [400, 'InvalidArgument', 'target.unavailable', false],
])('a bucket that says %i %s', (status, code, means, retry) => {
  test(`means ${means}`, () => {
    const error = s3Error('objects', said(status, code));
    expect(plain(error)).toMatchObject({ code: means, retry, fault: 'errored' });
    expect(`${error.message} ${error.hint}`).not.toMatch(/secret$|Whatever/);
  });
  test(`is ${retry ? '' : 'not '}asked again`, () => expect(mayPass(said(status, code))).toBe(retry));
});

test('a certificate does not get better, a socket may', () => {
  const tls = Object.assign(new Error('x'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  expect(plain(s3Error('objects', tls))).toMatchObject({ code: 'target.unavailable.certificate', retry: false });
  expect(mayPass(tls)).toBe(false);
  const socket = Object.assign(new Error('x'), { code: 'ECONNRESET' });
  expect(plain(s3Error('objects', socket))).toMatchObject({ code: 'target.unavailable', retry: true });
});
