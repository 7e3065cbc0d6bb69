import { z } from 'zod';
import type { TargetType } from '../domain/targets/target-type.ts';

const MAX_TARGETS = 32;

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a short lower-case name');
/** Ids of the only projects that may put backups there; null: all. Backups that are there already stay readable. */
const projects = z
  .array(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be the id of a project'))
  .max(10_000)
  .nullable()
  .default(null);
const file = z.string().min(1).max(4_096);

const directory = z.strictObject({
  name,
  type: z.literal('directory' satisfies TargetType),
  projects,
  path: z.string().regex(/^\//, 'must be an absolute path'),
});

/** S3 and what speaks its protocol; a RADOS gateway for one. */
const s3 = z.strictObject({
  name,
  type: z.literal('s3' satisfies TargetType),
  projects,
  endpoint: z
    .string()
    .regex(/^https?:\/\/[^/\s@?#]+\/?$/, 'must be http:// or https:// and a host, without a path')
    .transform((url) => url.replace(/\/$/, '')),
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'),
  prefix: z
    .string()
    .regex(/^([a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*)?$/, 'must be a path without slashes at its ends')
    .max(200)
    .default(''),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/, 'must be the name of a region')
    .default('us-east-1'),
  accessKey: z.string().regex(/^[\x21-\x7e]{1,255}$/, 'must be an access key'),
  /** The worker reads it, the API does not. */
  secretKeyFile: file,
  caFile: file.nullable().default(null),
  pathStyle: z.boolean().default(true),
});

export const targets = z
  .array(z.discriminatedUnion('type', [directory, s3]))
  .min(1)
  .max(MAX_TARGETS)
  .refine((list) => new Set(list.map((one) => one.name)).size === list.length, 'names must differ');

export type TargetConfig = z.output<typeof targets>[number] & { type: TargetType };
