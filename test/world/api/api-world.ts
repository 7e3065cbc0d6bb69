import { PassThrough } from 'node:stream';
import supertest from 'supertest';
import { createPolicy } from '../../../src/api/authorization/enforce.ts';
import { createServices } from '../../../src/api/services.ts';
import { type AppDeps, createApp } from '../../../src/http/app.ts';
import { createAudit } from '../../../src/telemetry/audit.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { FakeCloud, uuidOf } from './fake-cloud.ts';
import { FakeDelegations } from './fake-delegations.ts';
import { MemoryPolicies } from './memory-policies.ts';
import { MemoryMessages, MemoryQuotas } from './memory-quotas.ts';
import { MemoryStores } from './memory-stores.ts';
import { FakeIdentity } from './people.ts';

export interface WorldOptions {
  settings?: Partial<AppDeps['settings']>;
  policy?: Record<string, string>;
  maxOpenOperationsPerProject?: number;
  maxPolicies?: number;
  targetProjects?: Record<string, string[]>;
  health?: AppDeps['health'];
  workersSeen?: AppDeps['workersSeen'];
  instant?: boolean;
}

/** The API with everything outside it in memory. */
export function apiWorld(options: WorldOptions = {}) {
  const lines = new PassThrough();
  const log = createLogger({ level: 'debug', stream: lines });
  const time = { now: Date.parse('2026-06-01T00:00:00Z') };
  const clock = { now: () => time.now, monotonic: () => time.now, sleep: async () => {} };
  let next = 0x10_0000;
  const ids = { uuid: () => uuidOf(next++) };
  const audits: Record<string, unknown>[] = [];
  const audit = createAudit({ clock, ids, write: (line) => audits.push(JSON.parse(line)) });
  const stores = new MemoryStores();
  const queue = {
    enqueued: [] as string[],
    fails: undefined as Error | undefined,
    away: undefined as Error | undefined,
  };
  const cloud = new FakeCloud();
  const identity = new FakeIdentity();
  const policies = new MemoryPolicies();
  const quotas = new MemoryQuotas(stores);
  const delegations = new FakeDelegations();
  const state = { drained: false, projects: undefined as string[] | undefined };
  const policy = createPolicy({ overrides: () => ({ version: 'test', rules: options.policy ?? {} }), log });
  const services = createServices({
    ...stores,
    policies,
    quotas,
    messages: new MemoryMessages(policies.messages),
    delegations,
    projects: { exists: async (id) => state.projects === undefined || state.projects.includes(id) },
    queue: {
      ping: async () => {
        if (queue.away) throw queue.away;
      },
      enqueue: async (id) => {
        if (queue.fails) throw queue.fails;
        queue.enqueued.push(id);
      },
    },
    cloud: cloud.as,
    clock,
    ids,
    log,
    policy,
    audit,
    settings: {
      defaultLimits: {
        ...{ points: -1, bytes: -1, snapshot_bytes: -1 },
        operations: options.maxOpenOperationsPerProject ?? 20,
      },
      deadlineHours: 24,
      targetNames: ['default', 'nfs'],
      targetTypes: { default: 's3', nfs: 'directory' },
      defaultTarget: 'default',
      targetProjects: options.targetProjects ?? {},
      safetyHours: 24,
      instant: options.instant ?? false,
      shortestIntervalMinutes: 15,
      maxPolicies: options.maxPolicies ?? 100,
      delegatedRoles: ['member'],
    },
  });
  const metrics = createMetrics();
  const app = createApp({
    settings: { ...SETTINGS, ...options.settings },
    services,
    identity,
    clock,
    ids,
    log,
    metrics,
    audit,
    health: options.health ?? [],
    drained: () => state.drained,
    ...(options.workersSeen && { workersSeen: options.workersSeen }),
  });
  const logged = (): string => String(lines.read() ?? '');
  return {
    app,
    http: supertest(app),
    stores,
    policies,
    delegations,
    queue,
    cloud,
    identity,
    services,
    audits,
    logged,
    time,
    state,
    metrics,
  };
}

export const SETTINGS: AppDeps['settings'] = {
  publicUrl: 'https://api.example.com/vm-backup',
  pathPrefix: '/vm-backup',
  maxBodyBytes: 65_536,
  defaultPage: 100,
  maxPage: 1_000,
  trustProxy: false,
  corsAllowedOrigins: [],
  serviceType: 'vm-backup',
  keystoneUrl: 'https://api.example.com/identity',
  serviceTokenRoles: ['service'],
  tokenCacheSeconds: 300,
};
