import nock from 'nock';
import type { CloudConfig } from '../../../src/adapters/openstack/calls/openstack-config.ts';
import { createOpenStack, type OpenStack } from '../../../src/adapters/openstack/cloud.ts';
import type { Clock, Log } from '../../../src/ports/system.ts';

export const KEYSTONE = 'http://keystone.test:5000';
export const NOVA = 'http://nova.test:8774';
export const CINDER = 'http://cinder.test:8776';
export const GLANCE = 'http://glance.test:9292';
export const NEUTRON = 'http://neutron.test:9696';

export const SERVICE_PROJECT = '5e54c0000000000000000000000000a1';
export const TENANT_PROJECT = '7e4a40000000000000000000000000b2';
export const SERVER_ID = '0d3c6a5e-7f3e-4a83-9c2b-1f6d1a2b3c4d';
export const VOLUME_ID = '9a1b2c3d-4e5f-4a6b-8c7d-0e1f2a3b4c5d';
export const PASSWORD = 'canary-password';

/** Time stands still but for `sleep` and `advance`. Keystone's wall clock is ten minutes off, as clocks are. */
export class TestClock implements Clock {
  ms = 1_000_000;
  slept: number[] = [];
  now(): number {
    return this.ms - 600_000;
  }
  monotonic(): number {
    return this.ms;
  }
  async sleep(ms: number): Promise<void> {
    this.slept.push(ms);
    this.ms += ms;
  }
  advance(ms: number): void {
    this.ms += ms;
  }
}

/** Keeps all lines, so that a test can look for what must not be in them. */
export function testLog(): Log & { lines: string[] } {
  const lines: string[] = [];
  const write = (message: string, fields?: Record<string, unknown>) => {
    lines.push(
      message,
      JSON.stringify(fields, (_, v) => (v instanceof Error ? `${v.stack} ${v.cause}` : v)),
    );
  };
  const log = { lines, debug: write, info: write, warn: write, error: write, with: () => log };
  return log;
}

export interface World {
  clock: TestClock;
  log: ReturnType<typeof testLog>;
  cloud: OpenStack;
}

export function world(config: Partial<CloudConfig> = {}): World {
  const clock = new TestClock();
  const log = testLog();
  const cloud = createOpenStack({ ...baseConfig, ...config }, { clock, log });
  return { clock, log, cloud };
}

export const baseConfig: CloudConfig = {
  authUrl: `${KEYSTONE}/v3`,
  username: 'rewind',
  password: PASSWORD,
  userDomainName: 'Default',
  projectName: 'service',
  projectDomainName: 'Default',
  region: 'RegionOne',
};

type Endpoint = { interface: string; region_id: string; url: string };
export const endpoint = (url: string, name = 'internal', region = 'RegionOne'): Endpoint => ({
  interface: name,
  region_id: region,
  url,
});

const catalogOf = (projectId: string) => [
  { type: 'identity', endpoints: [endpoint(`${KEYSTONE}/v3`)] },
  { type: 'compute', endpoints: [endpoint(`${NOVA}/v2.1`)] },
  { type: 'block-storage', endpoints: [endpoint(`${CINDER}/v3/${projectId}`)] },
  { type: 'image', endpoints: [endpoint(GLANCE)] },
  { type: 'network', endpoints: [endpoint(NEUTRON)] },
];

const ISSUED_AT = Date.parse('2026-01-01T00:00:00Z');

export interface Login {
  token: string;
  projectId?: string;
  lifeSeconds?: number;
  catalog?: unknown;
  times?: number;
}

/** Keystone answers the next log-ins with this token. */
export function keystoneGives(login: Login): nock.Scope {
  const projectId = login.projectId ?? SERVICE_PROJECT;
  const token = {
    project: { id: projectId },
    issued_at: new Date(ISSUED_AT).toISOString(),
    expires_at: new Date(ISSUED_AT + (login.lifeSeconds ?? 3_600) * 1_000).toISOString(),
    catalog: login.catalog ?? catalogOf(projectId),
  };
  return nock(KEYSTONE)
    .post('/v3/auth/tokens', (body) => scopeMatches(body, projectId))
    .times(login.times ?? 1)
    .reply(201, { token }, { 'X-Subject-Token': login.token });
}

/** nock asks for requests without a body too. */
export function scopeMatches(body: { auth?: { scope: { project?: { id?: string } } } }, projectId: string): boolean {
  if (body.auth?.scope.project === undefined) return false;
  const asked = body.auth.scope.project.id;
  return projectId === SERVICE_PROJECT ? asked === undefined : asked === projectId;
}

export function novaOffers(version: string): nock.Scope {
  return nock(NOVA)
    .get('/v2.1/')
    .reply(200, { version: { id: 'v2.1', version, min_version: '2.1', links: [{ href: 'http://evil.test/' }] } });
}

/** For `beforeEach` and `afterEach`: no test touches the net, and each uses up what it announced. */
export function sealNet(): void {
  nock.disableNetConnect();
}

export function checkNet(): void {
  const left = nock.pendingMocks();
  nock.cleanAll();
  if (left.length > 0) throw new Error(`not asked for: ${left.join(', ')}`);
}
