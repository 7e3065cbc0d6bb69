import { createOpenStack, type OpenStack } from '../adapters/openstack/cloud.ts';
import { migrate } from '../adapters/sql/database/migrate.ts';
import { type Database, openDatabase } from '../adapters/sql/database/open-database.ts';
import { sqlDebts } from '../adapters/sql/operations/sql-debts.ts';
import { sqlHostRequests } from '../adapters/sql/operations/sql-host-requests.ts';
import { sqlJournal } from '../adapters/sql/operations/sql-journal.ts';
import { sqlOperations } from '../adapters/sql/operations/sql-operations.ts';
import { sqlCatalogue } from '../adapters/sql/points/sql-catalogue.ts';
import { sqlChains } from '../adapters/sql/points/sql-chains.ts';
import { sqlPolicies } from '../adapters/sql/policies/sql-policies.ts';
import { sqlCondemnedRuns } from '../adapters/sql/targets/sql-condemned-runs.ts';
import { sqlErasures } from '../adapters/sql/targets/sql-erasures.ts';
import { sqlManifestCopies } from '../adapters/sql/targets/sql-manifest-copies.ts';
import { sqlOwnNames } from '../adapters/sql/targets/sql-own-names.ts';
import { sqlServedDisks } from '../adapters/sql/targets/sql-served-disks.ts';
import { sqlTargetReports } from '../adapters/sql/targets/sql-target-reports.ts';
import { sqlVerifyShares } from '../adapters/sql/targets/sql-verify-shares.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { systemIds } from '../adapters/system/ids.ts';
import {
  type AgentConfig,
  type Config,
  type GatewayConfig,
  loadAgentConfig,
  loadConfig,
  loadGatewayConfig,
} from '../config/load-config.ts';
import type { Catalogue } from '../ports/stores/catalogue.ts';
import type { Chains } from '../ports/stores/chains.ts';
import type { CondemnedRuns } from '../ports/stores/condemned-runs.ts';
import type { Debts } from '../ports/stores/debts.ts';
import type { Erasures } from '../ports/stores/erasures.ts';
import type { HostRequests } from '../ports/stores/host-requests.ts';
import type { Journal } from '../ports/stores/journal.ts';
import type { ManifestCopies } from '../ports/stores/manifest-copies.ts';
import type { Operations } from '../ports/stores/operations.ts';
import type { OwnNames } from '../ports/stores/own-names.ts';
import type { Policies } from '../ports/stores/policies.ts';
import type { ServedDisks } from '../ports/stores/served-disks.ts';
import type { TargetReports } from '../ports/stores/target-reports.ts';
import type { VerifyShares } from '../ports/stores/verify-shares.ts';
import type { Clock, Ids, Log } from '../ports/system.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { cloudConfigOf } from './cloud-config.ts';

/** What every process has. */
export interface Base<C> {
  config: C;
  log: Log;
  clock: Clock;
  db: Database;
  metrics: Metrics;
}

/** What a process that knows the cloud is made of. */
export interface Shared extends Base<Config> {
  ids: Ids;
  catalogue: Catalogue;
  manifestCopies: ManifestCopies;
  targetReports: TargetReports;
  chains: Chains;
  condemnedRuns: CondemnedRuns;
  debts: Debts;
  erasures: Erasures;
  ownNames: OwnNames;
  operations: Operations;
  journal: Journal;
  policies: Policies;
  verifyShares: VerifyShares;
  hostRequests: HostRequests;
  servedDisks: ServedDisks;
  openstack: OpenStack;
}

/** For the API, workers and the operator's shell: the first of them brings the tables up to date. */
export async function makeShared(role: string): Promise<Shared> {
  const config = loadConfig();
  const base = makeBase(role, config);
  const { log, clock, db } = base;
  await migrate(db);
  return {
    ...base,
    ids: systemIds,
    catalogue: sqlCatalogue(db, clock),
    manifestCopies: sqlManifestCopies(db),
    targetReports: sqlTargetReports(db),
    chains: sqlChains(db),
    condemnedRuns: sqlCondemnedRuns(db),
    debts: sqlDebts(db, clock),
    erasures: sqlErasures(db),
    ownNames: sqlOwnNames(db, systemIds),
    operations: sqlOperations(db, clock),
    journal: sqlJournal(db, clock),
    policies: sqlPolicies(db, clock),
    verifyShares: sqlVerifyShares(db, clock),
    hostRequests: sqlHostRequests(db, clock),
    servedDisks: sqlServedDisks(db),
    openstack: createOpenStack(cloudConfigOf(config), { clock, log }),
  };
}

/** The agent of a compute host has rows of requests, and nothing of the cloud. Its database user creates no tables. */
export type AgentParts = Base<AgentConfig> & Pick<Shared, 'hostRequests'>;

export function makeAgentParts(): AgentParts {
  const base = makeBase('agent', loadAgentConfig());
  return { ...base, hostRequests: sqlHostRequests(base.db, base.clock) };
}

/** The gateway sees which disks it serves. Its database user only reads. */
export type GatewayParts = Base<GatewayConfig> & Pick<Shared, 'servedDisks'>;

export function makeGatewayParts(): GatewayParts {
  const base = makeBase('gateway', loadGatewayConfig());
  return { ...base, servedDisks: sqlServedDisks(base.db) };
}

function makeBase<C extends Pick<Config, 'log' | 'database'>>(role: string, config: C): Base<C> {
  // Other programs read a command's output, so its log goes to stderr.
  const beside = role === 'admin' ? { stream: process.stderr } : {};
  const log = createLogger({ level: config.log.level, file: config.log.file, ...beside }).with({ role });
  const metrics = createMetrics({ processMetrics: true });
  return { config, log, clock: systemClock, db: openDatabase(config.database.url.reveal()), metrics };
}
