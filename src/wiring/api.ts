import { createJobQueue } from '../adapters/redis/job-queue.ts';
import { sqlTurns } from '../adapters/sql/workers/sql-turns.ts';
import { sqlWorkers } from '../adapters/sql/workers/sql-workers.ts';
import { createServices } from '../api/services.ts';
import { shownTargets } from '../api/targets/target-acts.ts';
import { drainFile } from '../config/drain-file.ts';
import type { Config } from '../config/load-config.ts';
import { INVENTORY, inventoryCountsOf } from '../domain/operations/inventory-of-cloud.ts';
import { WORKER_SILENT_MS } from '../domain/operations/worker-report.ts';
import { PROTECTION, type ProtectionReport } from '../domain/points/protection-report.ts';
import { createApp, type HttpSettings } from '../http/app.ts';
import { listen } from '../http/listen.ts';
import { kept } from '../telemetry/kept.ts';
import type { Running } from './running.ts';
import { serviceDepsOf } from './service-deps.ts';
import type { Shared } from './shared.ts';
import { databaseCheck } from './status.ts';

/** /metrics asks the database for the same figures at most once in this time, however many clients ask. */
const METRICS_KEPT_MS = 5_000;

/** The API: authenticates, decides, records, enqueues, answers. It has no key of Ceph and none of a target. */
export async function startApi(shared: Shared): Promise<Running> {
  const { config, log, clock, ids, openstack, metrics, db } = shared;
  // Anybody may ask for the figures, without a token.
  const once = <T>(ask: () => Promise<T>) => kept(clock, METRICS_KEPT_MS, ask);
  metrics.watchShares(once(() => shared.verifyShares.all()));
  metrics.watchDebts(once(() => shared.debts.summary()));
  const queue = createJobQueue({ redisUrl: config.redis.url.reveal(), log });
  const deps = serviceDepsOf(shared, queue);
  const { audit } = deps;
  const services = createServices(deps);
  metrics.watchTargets(once(() => shownTargets(deps)));
  const turns = sqlTurns(db);
  metrics.watchProtection(once(async () => (await turns.look(PROTECTION))?.report as ProtectionReport | undefined));
  const inventory = async () => (await turns.look(INVENTORY))?.report as { counts?: unknown } | undefined;
  metrics.watchInventory(once(async () => inventoryCountsOf((await inventory())?.counts)));
  const health = [
    databaseCheck(db),
    { name: 'redis', probe: () => queue.ping() },
    // Any answer will do: Keystone is asked about a token that cannot exist.
    { name: 'keystone', probe: () => openstack.identity.validateToken('0'.repeat(32), false) },
  ];
  const app = createApp({
    settings: httpSettingsOf(config),
    services,
    identity: openstack.identity,
    clock,
    ids,
    log,
    metrics,
    audit,
    health,
    workersSeen: async () => {
      const since = new Date(clock.now() - WORKER_SILENT_MS).toISOString();
      return (await sqlWorkers(db).seenSince(since)).length;
    },
    drained: drainFile(config.api.disableByFile),
  });
  const listening = await listen(app, config.api);
  log.info('the API listens', { host: config.api.host, port: listening.port });
  return {
    async drain() {
      await listening.close(config.shutdown.drainSeconds);
      await queue.close();
    },
  };
}

function httpSettingsOf({ api, keystone, service }: Config): HttpSettings {
  const { publicUrl, pathPrefix, maxBodyBytes, defaultPage, maxPage, trustProxy, corsAllowedOrigins } = api;
  return {
    publicUrl,
    pathPrefix,
    maxBodyBytes,
    defaultPage,
    maxPage,
    trustProxy,
    corsAllowedOrigins,
    serviceType: service.type,
    keystoneUrl: keystone.publicUrl ?? keystone.authUrl,
    serviceTokenRoles: keystone.serviceTokenRoles,
    tokenCacheSeconds: keystone.tokenCacheSeconds,
  };
}
