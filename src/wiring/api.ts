import { createJobQueue } from '../adapters/redis/job-queue.ts';
import { pingDatabase } from '../adapters/sql/open-database.ts';
import { drainFile } from '../config/drain-file.ts';
import type { Config } from '../config/load-config.ts';
import { policyFile } from '../config/policy-file.ts';
import { createApp, type HttpSettings } from '../http/app.ts';
import { listen } from '../http/listen.ts';
import { createPolicy } from '../services/policy/policy.ts';
import { createServices } from '../services/services.ts';
import { createAudit } from '../telemetry/audit.ts';
import type { Running } from './running.ts';
import type { Shared } from './shared.ts';

/** The API: authenticates, decides, records, enqueues, answers. It has no key of Ceph and none of a target. */
export async function startApi(shared: Shared): Promise<Running> {
  const { config, log, clock, ids, catalogue, operations, openstack, metrics, db } = shared;
  const queue = createJobQueue({ redisUrl: config.redis.url.reveal(), log });
  const audit = createAudit({ clock, ids, write: (line) => process.stdout.write(`${line}\n`) });
  const policy = createPolicy({ overrides: policyFile(config.policy.file), log });
  const services = createServices({
    catalogue,
    operations,
    queue,
    cloud: (requestId) => openstack.withRequestId(requestId),
    clock,
    ids,
    log,
    policy,
    audit,
    settings: {
      maxOpenOperationsPerProject: config.worker.maxOpenOperationsPerProject,
      deadlineHours: config.worker.deadlineHours,
      targetNames: config.targets.map((target) => target.name),
      defaultTarget: config.targets[0]?.name ?? '',
    },
  });
  const health = [
    { name: 'database', probe: () => pingDatabase(db) },
    { name: 'redis', probe: () => queue.ping() },
    // An answer of any kind: Keystone is asked about a token that cannot be one.
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
