import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { camelKeys, isTree, type Tree } from '../../../src/config/configured-keys.ts';
import { readHostKey, readHostSecret } from '../../../src/config/host-keys.ts';
import { loadAgentConfig, loadConfig, loadGatewayConfig, loadStorageConfig } from '../../../src/config/load-config.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { readTargetFiles } from '../../../src/config/target-files.ts';
import { hostKeyOf } from '../../../src/domain/operations/host-seal.ts';

const REQUIRED = {
  REWIND_KEYSTONE_AUTH_URL: 'https://keystone:5000/v3/',
  REWIND_KEYSTONE_PASSWORD: 'canary-password',
  REWIND_KEYSTONE_REGION: 'RegionOne',
};
const folder = mkdtempSync(join(tmpdir(), 'rewind-config-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const refusal = (env: NodeJS.ProcessEnv): string => {
  try {
    loadConfig(env);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
};

describe('loadConfig', () => {
  test('needs only what cannot be guessed', () => {
    const config = loadConfig(REQUIRED);
    expect(config.keystone.authUrl).toBe('https://keystone:5000/v3');
    expect(config.api).toMatchObject({ port: 8790, host: '127.0.0.1', pathPrefix: '/vm-backup', maxBodyBytes: 65536 });
    expect(config.targets).toEqual([
      { name: 'default', type: 'directory', path: '/var/lib/rewind/backups', projects: null },
    ]);
    expect(config.policy.file).toMatch(/^\/.*config\/policy\.yaml$/);
  });

  test('an agent and a gateway need nothing of the cloud, and read no secret of it', () => {
    const nothing = { REWIND_KEYSTONE_PASSWORD_FILE: '/nowhere', REWIND_REDIS_URL_FILE: '/nowhere' };
    const yaml = file('roles.yaml', 'keystone: {insecure: 7}\nredis: {url: 5}\n');
    for (const load of [loadAgentConfig, loadGatewayConfig]) {
      const config = load({ ...nothing, REWIND_CONFIG: yaml });
      expect(config.database.url.reveal()).toMatch(/^sqlite:/);
      expect(config).not.toHaveProperty('keystone');
      expect(config).not.toHaveProperty('redis');
      expect(() => load({ REWIND_DATABASE_URL: 'nonsense' })).toThrow(/database\.url/);
    }
    expect(loadAgentConfig({})).not.toHaveProperty('targets');
    expect(loadGatewayConfig({})).not.toHaveProperty('ceph');
  });

  test('the key of a host comes from a file, or from what only workers have', () => {
    const secret = file('secret', '0a'.repeat(32));
    const workers = loadConfig({ ...REQUIRED, REWIND_WORKER_HOST_SECRET_FILE: secret });
    const key = hostKeyOf(readHostSecret(workers), 'h');
    expect(Buffer.from(key).toString('hex')).not.toBe(
      Buffer.from(hostKeyOf(readHostSecret(workers), 'i')).toString('hex'),
    );
    const agent = loadAgentConfig({ REWIND_AGENT_KEY_FILE: file('host-key', Buffer.from(key).toString('hex')) });
    expect(readHostKey(agent, 'anything')).toEqual(key);
    expect(readHostKey(workers, 'h')).toEqual(key);
    const manifest = loadAgentConfig({ REWIND_ARCHIVE_MANIFEST_KEY_FILE: secret });
    expect(readHostKey(manifest, 'h')).not.toEqual(key);
    expect(() => readHostKey(loadAgentConfig({}), 'h')).toThrow(/agent\.key_file names no file/);
    expect(() => readHostKey(loadAgentConfig({ REWIND_AGENT_KEY_FILE: file('short', 'ab') }), 'h')).toThrow(/32 bytes/);
  });

  test('what lies on a target needs no cloud, and no more of the settings is looked at', () => {
    const storage = loadStorageConfig({ REWIND_CEPH_USER: 'rescue', REWIND_API_PORT: '-1' });
    expect(storage).toMatchObject({ ceph: { user: 'rescue' }, targets: [{ name: 'default' }] });
    expect(() => loadStorageConfig({ REWIND_CEPH_STALL_SECONDS: '0' })).toThrow(/ceph.stall_seconds/);
    expect(() => loadConfig({})).toThrow(/keystone.auth_url/);
  });

  test('file over defaults, environment over file', () => {
    const REWIND_CONFIG = file(
      'a.yaml',
      'api: {port: 1000, max_page: 500}\nceph:\n  volume_hosts: {"ceph@rbd#Fast_Pool": fast}\n',
    );
    const config = loadConfig({ ...REQUIRED, REWIND_CONFIG, REWIND_API_PORT: '2000', REWIND_CEPH_POOLS_ROOT: 'nova' });
    expect(config.api).toMatchObject({ port: 2000, maxPage: 500, defaultPage: 100 });
    expect(config.ceph).toMatchObject({
      volumeHosts: { 'ceph@rbd#Fast_Pool': 'fast' },
      pools: { root: 'nova', volumes: 'volumes' },
    });
  });

  test('lists, maps and targets from the environment', () => {
    const config = loadConfig({
      ...REQUIRED,
      REWIND_KEYSTONE_INTERFACES: 'public, internal',
      REWIND_KEYSTONE_ENDPOINT_OVERRIDES: '{"compute":"http://nova/v2.1"}',
      REWIND_KEYSTONE_USERNAME: '12345',
      REWIND_TARGETS: '[{"name":"nfs","type":"directory","path":"/mnt"}]',
      REWIND_API_TRUST_PROXY: 'true',
    });
    expect(config.keystone.interfaces).toEqual(['public', 'internal']);
    expect(config.keystone.endpointOverrides).toEqual({ compute: 'http://nova/v2.1' });
    expect(config.keystone.username).toBe('12345');
    expect(config.targets[0]?.name).toBe('nfs');
    expect(config.api.trustProxy).toBe(true);
  });

  test('a bucket as a target, whose secret lies in a file that is read later', () => {
    const s3 = { name: 'objects', type: 's3', endpoint: 'https://rgw.example.com:7480/', bucket: 'rewind' };
    const given = { ...s3, access_key: 'key', secret_key_file: file('s3', 'canary-secret\n') };
    const targets = (...more: object[]) => JSON.stringify([...more]);
    const config = loadConfig({ ...REQUIRED, REWIND_TARGETS: targets(given) });
    const target = config.targets[0]!;
    if (target.type !== 's3') throw new Error('another type');
    expect(target).toMatchObject({ endpoint: 'https://rgw.example.com:7480', prefix: '', region: 'us-east-1' });
    expect(target).toMatchObject({ pathStyle: true, caFile: null });
    expect(readTargetFiles(target).secretKey.reveal()).toBe('canary-secret');
    expect(inspect([config, readTargetFiles(target)], { depth: 9 })).not.toContain('canary');
    expect(() => readTargetFiles({ ...target, secretKeyFile: '/nowhere' })).toThrow(
      /secret_key_file of target objects/,
    );
    expect(() => readTargetFiles({ ...target, secretKeyFile: file('s3-bad', 'two\nlines') })).toThrow(/one line/);
    for (const wrong of [
      { ...given, endpoint: 'https://user:canary@rgw' },
      { ...given, endpoint: 'rgw' },
      { ...given, prefix: '/a/' },
      { ...given, prefix: '../a' },
      { ...given, secret_key: 'canary' },
      { ...s3, access_key: 'key' },
    ]) {
      const message = refusal({ ...REQUIRED, REWIND_TARGETS: targets(wrong) });
      expect(message).toContain('targets');
      expect(message).not.toContain('canary');
    }
  });

  test('names every wrong setting at once, and no value', () => {
    const REWIND_CONFIG = file('b.yaml', 'api: {prot: 1, maxPage: 3}\nlog: {level: canary-level}\nnonsense: 1\n');
    const message = refusal({ REWIND_CONFIG, REWIND_API_PORT: 'canary-port', REWIND_KEYSTONE_USRNAME: 'x' });
    for (const name of ['api.prot', 'api.max_page', 'log.level', 'nonsense', 'api.port', 'REWIND_KEYSTONE_USRNAME'])
      expect(message).toContain(name);
    for (const name of ['keystone.auth_url', 'keystone.password', 'keystone.region', 'REWIND_KEYSTONE_AUTH_URL'])
      expect(message).toContain(name);
    expect(message).not.toContain('canary');
  });

  test.each([
    'keystone: {password: canary}',
    'redis: {url: "redis://:canary@h/0"}',
    'database: {url: "mysql://u:canary@h/d"}',
  ])('refuses a secret in YAML: %s', (text) => {
    const message = refusal({ ...REQUIRED, REWIND_CONFIG: file('c.yaml', text) });
    expect(message).toContain('a secret in YAML');
    expect(message).not.toContain('canary');
  });

  test('takes a secret from a file', () => {
    const { REWIND_KEYSTONE_PASSWORD: _, ...rest } = REQUIRED;
    const config = loadConfig({ ...rest, REWIND_KEYSTONE_PASSWORD_FILE: file('pw', 'from file\n') });
    expect(config.keystone.password.reveal()).toBe('from file');
    expect(refusal({ ...rest, REWIND_KEYSTONE_PASSWORD_FILE: '/nowhere' })).toContain('REWIND_KEYSTONE_PASSWORD_FILE');
  });

  test('prints no secret and cannot be changed', () => {
    const config = loadConfig({ ...REQUIRED, REWIND_DATABASE_URL: 'mysql://u:canary@h/d' });
    expect(
      JSON.stringify(config) + inspect(config, { depth: 9, showHidden: true }) + String(config.keystone.password),
    ).not.toContain('canary');
    expect(() => Object.assign(config.api, { port: 1 })).toThrow();
  });

  test('other REWIND_ variables are not ours', () => {
    expect(refusal({ ...REQUIRED, REWIND_LAB: '1', REWIND_TESTS_SEED: '4' })).toBe('accepted');
  });
});

test('default.yaml documents every setting', () => {
  const text = readFileSync('config/default.yaml', 'utf8');
  const written = camelKeys(parse(text), []) as Tree;
  const missing: string[] = [];
  const walk = (shape: Record<string, unknown>, tree: unknown, path: string): void => {
    for (const [key, schema] of Object.entries(shape)) {
      const here = `${path}${key}`;
      if (here === 'keystone.password') continue;
      const inner = (schema as { shape?: Record<string, unknown> }).shape;
      if (!isTree(tree) || !(key in tree)) missing.push(here);
      else if (inner) walk(inner, tree[key], `${here}.`);
    }
  };
  walk(configSchema.shape, written, '');
  expect(missing).toEqual([]);
  expect(text).toContain('REWIND_KEYSTONE_PASSWORD');
});
