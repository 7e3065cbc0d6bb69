import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { DebtSummary } from '../domain/operations/debt.ts';
import type { InventoryCounts } from '../domain/operations/inventory-of-cloud.ts';
import type { ProtectionReport } from '../domain/points/protection-report.ts';
import type { VerifyShare } from '../domain/targets/verify-share.ts';
import { debtMetrics } from './debt-metrics.ts';
import { inventoryMetrics } from './inventory-metrics.ts';
import { jobMetrics } from './job-metrics.ts';
import { operationMetrics } from './operation-metrics.ts';
import { protectionMetrics } from './protection-metrics.ts';
import { shareMetrics } from './share-metrics.ts';

export interface MetricsOptions {
  /** Node's own figures (memory, event loop); off in tests, because they keep timers running. */
  processMetrics?: boolean;
}

const HTTP_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export type Metrics = ReturnType<typeof createMetrics>;

/** Every label has few values: routes of the table, methods, statuses, recipes. Never an id or anything a tenant typed. */
export function createMetrics(options: MetricsOptions = {}) {
  const registry = new Registry();
  if (options.processMetrics) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Counter({
    name: 'rewind_http_requests_total',
    help: 'Requests answered',
    labelNames: ['method', 'route', 'status'] as const,
    registers,
  });
  const durations = new Histogram({
    name: 'rewind_http_request_duration_seconds',
    help: 'Time until the answer was sent',
    labelNames: ['method', 'route'] as const,
    buckets: HTTP_BUCKETS_SECONDS,
    registers,
  });
  const targets = targetMetrics(registers);
  return {
    /** `route` is the template of the route table, or `unmatched`. */
    httpRequest(method: string, route: string, status: number, seconds: number): void {
      const known = METHODS.has(method) ? method : 'OTHER';
      requests.inc({ method: known, route, status: String(status) });
      durations.observe({ method: known, route }, seconds);
    },
    ...jobMetrics(registers),
    ...operationMetrics(registers),
    watchShares: (all: () => Promise<VerifyShare[]>): void => shareMetrics(registers, all),
    watchDebts: (summary: () => Promise<DebtSummary[]>): void => debtMetrics(registers, summary),
    watchInventory: (counts: () => Promise<InventoryCounts | undefined>): void => inventoryMetrics(registers, counts),
    watchProtection: (look: () => Promise<ProtectionReport | undefined>): void => protectionMetrics(registers, look),
    contentType: registry.contentType,
    /** `look` is called at each scrape; when it fails, the targets are left out. */
    watchTargets(look: () => Promise<TargetFigures[]>): void {
      targets.look = look;
    },
    async text(): Promise<string> {
      await targets.refresh();
      return registry.metrics();
    },
  };
}

export interface TargetFigures {
  name: string;
  /** Null: unknown. */
  available: boolean | null;
  total_bytes: number | null;
  free_bytes: number | null;
}

function targetMetrics(registers: Registry[]) {
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames: ['target'] as const, registers });
  const available = gauge('rewind_target_available', 'Whether workers can write and read a target');
  const total = gauge('rewind_target_total_bytes', 'Size of a target, where it tells');
  const free = gauge('rewind_target_free_bytes', 'Room on a target, where it tells');
  const targets = {
    look: async (): Promise<TargetFigures[]> => [],
    async refresh(): Promise<void> {
      const found = await targets.look().catch(() => []);
      for (const one of [available, total, free]) one.reset();
      for (const { name: target, ...figures } of found) {
        if (figures.available !== null) available.set({ target }, figures.available ? 1 : 0);
        if (figures.total_bytes !== null) total.set({ target }, figures.total_bytes);
        if (figures.free_bytes !== null) free.set({ target }, figures.free_bytes);
      }
    },
  };
  return targets;
}
