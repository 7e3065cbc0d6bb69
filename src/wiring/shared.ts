import { createOpenStack, type OpenStack } from '../adapters/openstack/cloud.ts';
import { migrate } from '../adapters/sql/migrate.ts';
import { type Database, openDatabase } from '../adapters/sql/open-database.ts';
import { sqlCatalogue } from '../adapters/sql/sql-catalogue.ts';
import { sqlHostRequests } from '../adapters/sql/sql-host-requests.ts';
import { sqlJournal } from '../adapters/sql/sql-journal.ts';
import { sqlOperations } from '../adapters/sql/sql-operations.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { systemIds } from '../adapters/system/ids.ts';
import { type Config, loadConfig } from '../config/load-config.ts';
import type { Catalogue, HostRequests, Journal, Operations } from '../ports/stores.ts';
import type { Clock, Ids, Log } from '../ports/system.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { cloudConfigOf } from './cloud-config.ts';

/** What every process of Rewind is made of. */
export interface Shared {
  config: Config;
  log: Log;
  clock: Clock;
  ids: Ids;
  db: Database;
  catalogue: Catalogue;
  operations: Operations;
  journal: Journal;
  hostRequests: HostRequests;
  openstack: OpenStack;
  metrics: Metrics;
}

export async function makeShared(role: string): Promise<Shared> {
  const config = loadConfig();
  const log = createLogger({ level: config.log.level, file: config.log.file }).with({ role });
  const clock = systemClock;
  const db = openDatabase(config.database.url.reveal());
  await migrate(db);
  return {
    config,
    log,
    clock,
    ids: systemIds,
    db,
    catalogue: sqlCatalogue(db, clock),
    operations: sqlOperations(db, clock),
    journal: sqlJournal(db, clock),
    hostRequests: sqlHostRequests(db, clock),
    openstack: createOpenStack(cloudConfigOf(config), { clock, log }),
    metrics: createMetrics({ processMetrics: true }),
  };
}
