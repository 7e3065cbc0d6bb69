import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { S3Limits, S3Settings } from '../../../src/adapters/target/s3/s3-settings.ts';
import { S3Target } from '../../../src/adapters/target/s3/s3-target.ts';
import { LAB_ROOT, readEnvFile } from './lab.ts';

export interface LabBucket {
  settings: S3Settings;
  target(limits?: Partial<S3Limits>, endpoint?: string): S3Target;
  /** Whole keys, of whatever lies below the prefix. */
  keys(): Promise<string[]>;
  uploads(): Promise<string[]>;
  empty(): Promise<void>;
}

/** What the lab says about its RADOS gateway: `second` has its data in a pool of its own. */
export function labS3(): { endpoint: string; accessKey: string; secretKeyFile: string; buckets: string[] } {
  const file = join(LAB_ROOT, 'rewind.env');
  const env = { ...(existsSync(file) ? readEnvFile(file) : {}), ...process.env };
  const { REWIND_TEST_S3_ENDPOINT: endpoint, REWIND_TEST_S3_ACCESS_KEY: accessKey } = env;
  const secretKeyFile = env.REWIND_TEST_S3_SECRET_KEY_FILE;
  if (!endpoint || !accessKey || !secretKeyFile) throw new Error(`${file} names no RADOS gateway: lab up`);
  return { endpoint, accessKey, secretKeyFile, buckets: ['rewind', 'rewind-second'] };
}

/** A place of its own in one of the lab's buckets. */
export function labBucket(bucket: string): LabBucket {
  const { endpoint, accessKey, secretKeyFile } = labS3();
  const secretKey = readFileSync(secretKeyFile, 'utf8').trim();
  const prefix = `test-${randomUUID()}`;
  const settings = { endpoint, bucket, prefix, region: 'us-east-1', accessKey, secretKey, pathStyle: true };
  const client = labClient();
  const where = { Bucket: bucket, Prefix: `${prefix}/` };
  const keys = async () =>
    ((await client.send(new ListObjectsV2Command(where))).Contents ?? []).map(({ Key }) => Key ?? '');
  return {
    settings,
    target: (limits = {}, through = endpoint) =>
      new S3Target(bucket, { ...settings, endpoint: through, limits: { pauseMs: 20, ...limits } }),
    keys,
    uploads: async () =>
      ((await client.send(new ListMultipartUploadsCommand(where))).Uploads ?? []).map(({ Key }) => Key ?? ''),
    async empty() {
      const all = await keys();
      const Objects = all.map((Key) => ({ Key }));
      if (all.length > 0) await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
    },
  };
}

function labClient(): S3Client {
  const { endpoint, accessKey, secretKeyFile } = labS3();
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: readFileSync(secretKeyFile, 'utf8').trim() },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

/** With a bucket of the test's own that keeps versions; it is gone afterwards. */
export async function withVersions(act: (bucket: LabBucket) => Promise<void>): Promise<void> {
  const client = labClient();
  const Bucket = `test-versions-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket }));
  try {
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    await act(labBucket(Bucket));
  } finally {
    const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
    for (const { Key, VersionId } of [...Versions, ...DeleteMarkers])
      await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
    await client.send(new DeleteBucketCommand({ Bucket }));
    client.destroy();
  }
}
