import { z } from 'zod';
import { Secret } from './secret.ts';
import { targets } from './target-schema.ts';

/**
 * The code uses camelCase, YAML and the environment use snake_case; `configured-keys.ts` translates. Defaults:
 * config/default.yaml.
 */

const MAX_SECONDS = 7 * 24 * 3_600;

const word = z.string().min(1).max(255);
const path = z.string().min(1).max(4_096);
const seconds = z.number().int().min(1).max(MAX_SECONDS);
const httpUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));
const rbdWord = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,95}$/, 'must be a Ceph name: letters, digits, . _ -');
const secret = z.union([z.instanceof(Secret), word.transform((text) => new Secret(text))]);

const api = z
  .strictObject({
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
    corsAllowedOrigins: z.array(
      z.string().regex(/^(\*|https?:\/\/[^/\s]+)$/, 'must be an origin: https://host[:port]'),
    ),
    disableByFile: path.nullable(),
  })
  .refine(({ defaultPage, maxPage }) => defaultPage <= maxPage, {
    path: ['defaultPage'],
    error: 'must not be above api.max_page',
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
  pools: z.strictObject({ root: rbdWord, volumes: rbdWord, snapshots: rbdWord }),
  volumeHosts: z.record(word, rbdWord),
  opTimeoutSeconds: seconds,
  stallSeconds: seconds,
  nearlyFullRatio: z.number().min(0.1).max(1),
  trashGraceHours: z
    .number()
    .int()
    .min(0)
    .max(24 * 366),
  inventoryMinutes: z.number().int().min(1).max(1_440),
});

const limit = z.number().int().min(-1).max(Number.MAX_SAFE_INTEGER);
const bound = z.number().int().min(1).max(10_000);

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
  hostSecretFile: path.nullable(),
});

const scheduler = z.strictObject({
  lookSeconds: z.number().int().min(1).max(60),
  shortestIntervalMinutes: z.number().int().min(1).max(10_080),
  maxPoliciesPerProject: z.number().int().min(0).max(10_000),
  delegatedRoles: z.array(word),
  maxRunning: bound,
  maxRunningPerProject: bound,
  maxRunningPerTarget: bound,
  maxRunningPerHost: bound,
  maxRunningPerPool: bound,
  keepRunsDays: z.number().int().min(1).max(3_660),
  keepOperationsDays: z.number().int().min(1).max(3_660),
  keepMessagesDays: z.number().int().min(1).max(3_660),
});

const GIB = 1024 ** 3;

const restore = z.strictObject({
  safetyHours: z
    .number()
    .int()
    .min(0)
    .max(24 * 366),
  useTrash: z.boolean(),
  rollbackMaxGib: z
    .number()
    .int()
    .min(0)
    .max(Math.floor(Number.MAX_SAFE_INTEGER / GIB)),
});

const gateway = z
  .strictObject({
    host: word,
    port: z.number().int().min(0).max(65_535),
    publicUrl: httpUrl.nullable(),
    tlsCertFile: path.nullable(),
    tlsKeyFile: path.nullable(),
    cacheMib: z.number().int().min(16).max(65_536),
    objectsInParallel: z.number().int().min(1).max(64),
  })
  .refine(({ tlsCertFile, tlsKeyFile }) => (tlsCertFile === null) === (tlsKeyFile === null), {
    message: 'tls_cert_file and tls_key_file go together',
  });

const agent = z.strictObject({
  host: word.nullable(),
  keyFile: path.nullable(),
  libvirtUri: z.string().regex(/^[a-z][a-z+]*:\/\/\S*$/, 'must be a libvirt URI'),
  holdSeconds: z.number().int().min(4).max(60),
  freezeSeconds: z.number().int().min(5).max(600),
  heldFolder: path,
  memoryHoldSeconds: z.number().int().min(8).max(3_600),
  memoryStore: z.enum(['auto', 'image', 'stream']),
  memoryFolder: z.string().regex(/^\/[A-Za-z0-9._/-]{1,1024}$/, 'must be an absolute path of plain characters'),
});

/** Port on which a process other than the API serves its health and metrics. */
const statusPort = z.number().int().min(0).max(65_535).nullable();
const status = z.strictObject({
  host: word,
  workerPort: statusPort,
  agentPort: statusPort,
  gatewayPort: statusPort,
});

const archive = z.strictObject({
  manifestKeyFile: path.nullable(),
  zstdLevel: z.number().int().min(1).max(19),
  compactRuns: z.number().int().min(0).max(400),
  compactPercent: z.number().min(1).max(1_000),
  sweepGraceHours: z
    .number()
    .min(0)
    .max(24 * 366),
  verifyDays: z.number().int().min(0).max(366),
  encryption: z.strictObject({ mode: z.enum(['none', 'required']), keyFile: path.nullable() }),
});

const log = z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']), file: path.nullable() });

const database = z.strictObject({
  url: secret.refine(
    speaks(/^(sqlite:|(mysql|mariadb|mysql\+pymysql):\/\/)/),
    'must be sqlite:, mysql:// or mariadb://',
  ),
});
const shutdown = z.strictObject({ drainSeconds: z.number().int().min(0).max(3_600) });

export const configSchema = z.strictObject({
  api,
  keystone,
  service: z.strictObject({ type: z.string().regex(/^[a-z][a-z-]*[a-z]$/, 'must be a service type') }),
  redis: z.strictObject({ url: secret.refine(speaks(/^rediss?:\/\/|^unix:\/\//), 'must be a redis:// URL') }),
  database,
  ceph,
  targets,
  archive,
  worker,
  scheduler,
  quota: z.strictObject({ points: limit, bytes: limit, snapshotBytes: limit }),
  restore,
  gateway,
  agent,
  status,
  log,
  policy: z.strictObject({ file: path }),
  shutdown,
});

/** What every process is made from. Frozen; secrets are `Secret`s. */
export type Config = z.output<typeof configSchema>;

/** The part that needs no service; the other sections are ignored. */
export const storageSchema = z.object({ ceph, targets, archive, worker, log });

export type StorageConfig = z.output<typeof storageSchema>;

/** The part for an agent: neither the cloud nor Redis nor targets. `archive` and `worker` only for `readHostKey`. */
export const agentSchema = z.object({ database, ceph, agent, status, archive, worker, log, shutdown });

export type AgentConfig = z.output<typeof agentSchema>;

/** The part for the gateway: neither the cloud nor Redis nor Ceph. */
export const gatewaySchema = z.object({ database, targets, archive, gateway, status, log, shutdown });

export type GatewayConfig = z.output<typeof gatewaySchema>;

function speaks(pattern: RegExp): (value: Secret) => boolean {
  return (value) => pattern.test(value.reveal());
}
