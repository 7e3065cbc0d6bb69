import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { output, ZodObject } from 'zod';
import { RewindError } from '../domain/errors.ts';
import { camelKeys, isTree, merge, shown, type Tree } from './configured-keys.ts';
import { fromEnvironment, SECRETS, variableName } from './environment.ts';
import {
  type AgentConfig,
  agentSchema,
  type Config,
  configSchema,
  type GatewayConfig,
  gatewaySchema,
  type StorageConfig,
  storageSchema,
} from './schema.ts';
import { Secret } from './secret.ts';

export type { AgentConfig, Config, GatewayConfig, StorageConfig } from './schema.ts';

const INSTALLATION = fileURLToPath(new URL('../../', import.meta.url));
const DEFAULTS = join(INSTALLATION, 'config/default.yaml');
const URL_WITH_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^/\s]*:[^/\s@]+@/i;

/**
 * config/default.yaml ← the file in REWIND_CONFIG ← REWIND_<SECTION>_<KEY>.
 * Rejects with `vm-backup.config.invalid` (errored), whose message names every wrong setting at once and no value.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const config = checked(env, configSchema);
  const { file } = config.policy;
  return freeze({ ...config, policy: { file: isAbsolute(file) ? file : join(INSTALLATION, file) } });
}

/** Only where the data lie: after a disaster there may be no cloud, no database and no Redis to name. */
export const loadStorageConfig = (env: NodeJS.ProcessEnv = process.env): StorageConfig =>
  freeze(checked(env, storageSchema));

/** Only what an agent needs: settings of other roles may be missing or wrong, and none of their secrets is read. */
export const loadAgentConfig = (env: NodeJS.ProcessEnv = process.env): AgentConfig => freeze(checked(env, agentSchema));

/** Only what the gateway needs, in the same way. */
export const loadGatewayConfig = (env: NodeJS.ProcessEnv = process.env): GatewayConfig =>
  freeze(checked(env, gatewaySchema));

function checked<T extends ZodObject>(env: NodeJS.ProcessEnv, schema: T): output<T> {
  const problems: string[] = [];
  const defaults = readSettings(DEFAULTS, problems);
  const file = env.REWIND_CONFIG ? readSettings(env.REWIND_CONFIG, problems) : {};
  const wanted = new Set(Object.keys(schema.shape));
  refuseSecrets(file, problems, wanted);
  const settings = merge(merge(defaults, file), fromEnvironment(env, defaults, problems, wanted));
  const result = schema.safeParse(settings);
  if (!result.success) {
    for (const issue of result.error.issues) {
      if (issue.code === 'unrecognized_keys')
        for (const key of issue.keys) problems.push(`${shown([...issue.path, key])}: no such setting`);
      else problems.push(`${shown(issue.path)}: ${complaint(issue.path, settings, issue.message)}`);
    }
  }
  if (problems.length > 0 || !result.success)
    throw new RewindError('config.invalid', `Wrong settings:\n  ${[...new Set(problems)].join('\n  ')}`);
  return result.data;
}

function readSettings(file: string, problems: string[]): Tree {
  try {
    const value: unknown = parse(readFileSync(file, 'utf8')) ?? {};
    const settings = camelKeys(value, problems);
    if (isTree(settings)) return settings;
    problems.push(`${file}: is not a map of sections`);
  } catch {
    problems.push(`${file}: cannot be read as YAML`);
  }
  return {};
}

/** A URL without a password may be in YAML; a password may not. */
function refuseSecrets(file: Tree, problems: string[], wanted: ReadonlySet<string>): void {
  for (const path of SECRETS) {
    const [section, key] = path.split('.') as [string, string];
    if (!wanted.has(section)) continue;
    const value = isTree(file[section]) ? file[section][key] : undefined;
    if (value === undefined || value === null) continue;
    if (key === 'url' && typeof value === 'string' && !URL_WITH_PASSWORD.test(value)) continue;
    problems.push(`${shown([section, key])}: a secret in YAML; set ${variableName([section, key])} or …_FILE instead`);
  }
}

/** zod's message, without the value; for a missing setting it says so. */
function complaint(path: readonly PropertyKey[], settings: Tree, message: string): string {
  const value = path.reduce<unknown>((node, key) => (node as Tree | undefined)?.[key as string], settings);
  if (value !== undefined && value !== null) return message;
  return `is missing; set it in the file or as ${variableName(path.map(String))}`;
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !(value instanceof Secret)) {
    for (const item of Object.values(value)) freeze(item);
    Object.freeze(value);
  }
  return value;
}
