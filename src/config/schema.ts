import { z } from 'zod';
import { Secret } from './secret.ts';

/** Code says camelCase, YAML and the environment say snake_case; `keys.ts` translates. Defaults: config/default.yaml. */

const MAX_SECONDS = 7 * 24 * 3_600;
const MAX_TARGETS = 32;

const word = z.string().min(1).max(255);
const path = z.string().min(1).max(4_096);
const seconds = z.number().int().min(1).max(MAX_SECONDS);
const httpUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));
const rbdWord = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,95}$/, 'must be a Ceph name: letters, digits, . _ -');
const secret = z.union([z.instanceof(Secret), word.transform((text) => new Secret(text))]);

const api = z.strictObject({
  host: word,
  port: z.number().int().min(0).max(65_535),
  publicUrl: httpUrl.nullable(),
  pathPrefix: z.string().regex(/^(\/[a-z0-9][a-z0-9-]*)*$/, "must be '' or look like /vm-backup"),
  maxBodyBytes: z
    .number()
    .int()
    .min(1_024)
    .max(16 * 1_048_576),
  defaultPage: z.number().int().min(1).max(10_000),
  maxPage: z.number().int().min(1).max(10_000),
  trustProxy: z.boolean(),
  corsAllowedOrigins: z.array(z.string().regex(/^(\*|https?:\/\/[^/\s]+)$/, 'must be an origin: https://host[:port]')),
  disableByFile: path.nullable(),
});

const keystone = z.strictObject({
  authUrl: httpUrl,
  publicUrl: httpUrl.nullable(),
  username: word,
  password: secret,
  userDomainName: word,
  projectName: word,
  projectDomainName: word,
  region: word,
  interfaces: z.array(z.enum(['internal', 'public', 'admin'])).min(1),
  caFile: path.nullable(),
  insecure: z.boolean(),
  timeoutSeconds: seconds,
  tokenCacheSeconds: z.number().int().min(0).max(3_600),
  serviceTokenRoles: z.array(word).min(1),
  endpointOverrides: z.record(z.string().regex(/^[a-z][a-z-]*$/), httpUrl),
});

const ceph = z.strictObject({
  conf: path,
  user: rbdWord,
  pools: z.strictObject({ root: rbdWord, volumes: rbdWord }),
  volumeHosts: z.record(word, rbdWord),
  opTimeoutSeconds: seconds,
  stallSeconds: seconds,
});

const target = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a short lower-case name'),
  type: z.literal('directory'),
  path: z.string().regex(/^\//, 'must be an absolute path'),
});

const targets = z
  .array(target)
  .min(1)
  .max(MAX_TARGETS)
  .refine((list) => new Set(list.map((one) => one.name)).size === list.length, 'names must differ');

const worker = z.strictObject({
  concurrency: z.number().int().min(1).max(256),
  disksInParallel: z.number().int().min(1).max(64),
  leaseSeconds: z.number().int().min(1).max(600),
  retrySeconds: z.number().int().min(0).max(86_400),
  maxBytesPerSecond: z.number().int().min(0),
  deadlineHours: z
    .number()
    .min(0.1)
    .max(24 * 30),
  maxOpenOperationsPerProject: z.number().int().min(1).max(100_000),
});

const agent = z.strictObject({
  host: word.nullable(),
  libvirtUri: z.string().regex(/^[a-z][a-z+]*:\/\/\S*$/, 'must be a libvirt URI'),
  holdSeconds: z.number().int().min(4).max(60),
  heldFolder: path,
});

export const configSchema = z.strictObject({
  api,
  keystone,
  service: z.strictObject({ type: z.string().regex(/^[a-z][a-z-]*[a-z]$/, 'must be a service type') }),
  redis: z.strictObject({ url: secret.refine(speaks(/^rediss?:\/\/|^unix:\/\//), 'must be a redis:// URL') }),
  database: z.strictObject({
    url: secret.refine(
      speaks(/^(sqlite:|(mysql|mariadb|mysql\+pymysql):\/\/)/),
      'must be sqlite:, mysql:// or mariadb://',
    ),
  }),
  ceph,
  targets,
  archive: z.strictObject({ manifestKeyFile: path.nullable(), zstdLevel: z.number().int().min(1).max(19) }),
  worker,
  agent,
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']), file: path.nullable() }),
  policy: z.strictObject({ file: path }),
  shutdown: z.strictObject({ drainSeconds: z.number().int().min(0).max(3_600) }),
});

/** What every process is made from. Frozen; secrets are `Secret`s. */
export type Config = z.output<typeof configSchema>;

function speaks(pattern: RegExp): (value: Secret) => boolean {
  return (value) => pattern.test(value.reveal());
}
