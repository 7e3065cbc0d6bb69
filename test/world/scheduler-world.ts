import { createPolicy } from '../../src/api/authorization/enforce.ts';
import type { ServiceDeps } from '../../src/api/shared/api-deps.ts';
import type { Backup } from '../../src/domain/points/backup.ts';
import type { BackupPolicy } from '../../src/domain/policies/backup-policy.ts';
import { inTurn } from '../../src/periodic/in-turn.ts';
import type { SchedulerParts, SchedulerSettings } from '../../src/scheduler/parts.ts';
import { looker, SCHEDULER } from '../../src/scheduler/run-scheduler.ts';
import { FakeCloud, server, uuidOf } from './api/fake-cloud.ts';
import { FakeDelegations } from './api/fake-delegations.ts';
import { MemoryPolicies } from './api/memory-policies.ts';
import { MemoryMessages, MemoryQuotas } from './api/memory-quotas.ts';
import { MemoryStores } from './api/memory-stores.ts';
import { PROJECT } from './api/people.ts';
import { MemoryTurns } from './memory-turns.ts';
import { silentLog } from './silent-log.ts';

const SETTINGS: SchedulerSettings = {
  lookMs: 5_000,
  leaseMs: 30_000,
  most: { all: 20, project: 10, target: 10, host: 10, pool: 10 },
  keepRunsDays: 90,
  keepOperationsDays: 60,
  keepMessagesDays: 30,
  pools: { root: 'vms', volumes: 'volumes', volumeHosts: {} },
};

/** The scheduler with everything outside it in memory, and a clock that only moves when told. */
export class SchedulerWorld {
  readonly stores = new MemoryStores();
  readonly policies = new MemoryPolicies();
  readonly quotas = new MemoryQuotas(this.stores);
  readonly delegations = new FakeDelegations();
  readonly cloud = new FakeCloud();
  readonly turns = new MemoryTurns();
  readonly time = { now: Date.parse('2026-06-01T00:00:30Z') };
  /** By how much the clock is wrong. What is monotonic does not show it. */
  aheadMs = 0;
  readonly settings = { ...SETTINGS, most: { ...SETTINGS.most } };
  readonly audits: { action: string; outcome: string }[] = [];
  /** Calls of ports so far; the one of this number kills its process, before or after its effect. */
  calls = 0;
  killAt: { call: number; when: 'before' | 'after' } | undefined;
  /** How long each operation takes. */
  workMs = 8_000;
  private readonly begun = new Map<string, number>();
  private next = 0x20_0000;

  constructor() {
    this.stores.policies = this.policies;
  }

  private id = () => uuidOf(this.next++);

  parts(name: string): SchedulerParts {
    const { stores, time } = this;
    const clock = { now: () => time.now, monotonic: () => time.now - this.aheadMs, sleep: async () => {} };
    const deps: ServiceDeps = {
      catalogue: this.watched(stores.catalogue),
      manifestCopies: stores.manifestCopies,
      targetReports: stores.targetReports,
      operations: this.watched(stores.operations),
      policies: this.watched(this.policies),
      projects: { exists: async () => true },
      quotas: this.quotas,
      messages: new MemoryMessages(this.policies.messages),
      delegations: this.watched(this.delegations),
      queue: this.watched({ enqueue: async () => {} }),
      cloud: this.cloud.as,
      ...{ clock, ids: { uuid: this.id }, log: silentLog },
      policy: createPolicy({ overrides: () => ({ version: 'test', rules: {} }), log: silentLog }),
      audit: ({ action, outcome }) => this.audits.push({ action, outcome }),
      settings: {
        ...{
          defaultLimits: { points: -1, bytes: -1, snapshot_bytes: -1, operations: 50 },
          deadlineHours: 24,
          targetNames: ['default', 'nfs'],
          defaultTarget: 'default',
        },
        ...{
          targetTypes: {},
          safetyHours: 24,
          instant: false,
          shortestIntervalMinutes: 1,
          maxPolicies: 100,
          delegatedRoles: ['member'],
        },
      },
    };
    return { deps, turns: this.watched(this.turns), admin: this.cloud.admin, settings: this.settings, name };
  }

  private watched<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, key) => {
        const value = Reflect.get(target, key) as unknown;
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          const kill = ++this.calls === this.killAt?.call ? this.killAt.when : undefined;
          // Whoever is killed does nothing more: it never comes back.
          if (kill === 'before') return this.killed();
          const result = await value.apply(target, args);
          return kill === 'after' ? this.killed() : result;
        };
      },
    });
  }

  private died: (() => void) | undefined;
  private killed(): Promise<never> {
    this.died?.();
    return new Promise(() => {});
  }

  add(policy: Partial<BackupPolicy>): BackupPolicy {
    const at = new Date(this.time.now).toISOString();
    const id = policy.id ?? this.id();
    const trust_id = `trust of ${id}`;
    const projectId = policy.project_id ?? PROJECT;
    this.delegations.trusts.set(trust_id, { userId: 'c3'.repeat(16), projectId, roles: ['member'] });
    const made: BackupPolicy = {
      ...{ id, project_id: projectId, user_id: 'c3'.repeat(16), name: 'minutely', description: null, enabled: true },
      servers: { all: true, ids: [], tags: [], metadata: {}, except_ids: [] },
      schedule: { cron: '* * * * *', time_zone: 'UTC', window_minutes: null, jitter_minutes: 0 },
      ...{
        consistency: 'best',
        targets: ['default'],
        rpo_minutes: null,
        acts_by: 'trust',
        trust_id,
        credential_id: null,
        roles: ['member'],
      },
      retention: { keep_last: 3, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 },
      ...{ next_run_at: '2026-06-01T00:01:00.000Z', last_run_at: null, retained_at: at },
      ...{ fail_code: null, fail_reason: null, created_at: at, updated_at: at },
      ...policy,
    };
    this.policies.rows.set(id, made);
    return made;
  }

  addServers(count: number, projectId = PROJECT, from = 1): string[] {
    const ids = Array.from({ length: count }, (_, n) => uuidOf(from + n));
    for (const id of ids) this.cloud.add(server({ id, name: `s${id.slice(-3)}`, projectId, host: `h${id.slice(-1)}` }));
    return ids;
  }

  /** So many seconds, with a look of the scheduler every five; a killed one is followed by another process. */
  async pass(seconds: number, restarted: (n: number) => string = (n) => `worker-${n}`): Promise<void> {
    this.look ??= this.looks(restarted(this.process));
    const end = this.time.now + seconds * 1_000;
    while (this.time.now < end) {
      this.time.now += 5_000;
      this.work();
      const dead = new Promise<'dead'>((resolve) => {
        this.died = () => resolve('dead');
      });
      if ((await Promise.race([this.look(), dead])) !== 'dead') continue;
      this.process += 1;
      this.look = this.looks(restarted(this.process));
    }
  }
  /** Of one process: when it is its turn. */
  private looks(name: string): () => Promise<void> {
    const parts = this.parts(name);
    const { deps, turns, settings } = parts;
    const mine = inTurn({ turns, clock: deps.clock, name: SCHEDULER, holder: name, silentMs: settings.leaseMs });
    const look = looker(parts);
    return async () => {
      if (await mine()) await look();
    };
  }
  private look: (() => Promise<void>) | undefined;
  private process = 1;

  /** What the workers do with operations: each takes its time and succeeds, unless a test says otherwise. */
  work(): void {
    const { operationRows, holds } = this.stores;
    for (const operation of operationRows.values()) {
      if (operation.status !== 'queued') continue;
      const since = this.begun.get(operation.id) ?? this.time.now;
      this.begun.set(operation.id, since);
      if (this.time.now - since < this.workMs) continue;
      const failure = this.failing(operation.resource_id);
      operationRows.set(operation.id, { ...operation, status: failure ? 'failed' : 'succeeded', failure });
      holds.delete(operation.id);
      this.end(operation.workflow, operation.resource_id, failure !== null);
    }
  }

  failing: (backupId: string) => ReturnType<typeof failure> | null = () => null;

  private end(workflow: string, backupId: string, failed: boolean): void {
    const { backups } = this.stores;
    const backup = backups.get(backupId);
    if (!backup) return;
    if (workflow === 'delete-backup/1' && !failed) backups.delete(backupId);
    else
      backups.set(backupId, { ...backup, status: failed ? 'error' : 'available', data_timestamp: backup.created_at });
  }

  /** What is there of a server, oldest first, by planned minute. */
  kept(serverId: string): string[] {
    const made = [...this.stores.backups.values()].filter((one: Backup) => one.server_id === serverId);
    return made.map((one) => one.planned_at?.slice(11, 16) ?? '-').sort();
  }

  runs(): string[] {
    return [...this.policies.runs.values()]
      .map((run) => `${run.planned_at.slice(11, 16)} ${run.server_id.slice(-2)} ${run.target} ${run.status}`)
      .sort();
  }
}

export const failure = (code: string) => ({ code, reason: 'no', fault: 'failed' as const, hint: null });
