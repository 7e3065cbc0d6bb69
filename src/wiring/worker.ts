import { hostname } from 'node:os';
import { connectedCeph } from '../adapters/ceph/connected-ceph.ts';
import { createMemoryImages } from '../adapters/ceph/memory-images.ts';
import { checkRedis } from '../adapters/redis/check-redis.ts';
import { createJobQueue } from '../adapters/redis/job-queue.ts';
import { startJobWorker } from '../adapters/redis/job-worker.ts';
import { databaseNow } from '../adapters/sql/database/database-time.ts';
import { sqlTurns } from '../adapters/sql/workers/sql-turns.ts';
import { sqlWorkers } from '../adapters/sql/workers/sql-workers.ts';
import { childrenDieWithUs } from '../adapters/system/die-with-parent.ts';
import { readHostSecret } from '../config/host-keys.ts';
import { readManifestKey } from '../config/manifest-key.ts';
import { askHost } from '../delivery/ask-host.ts';
import { operationJobs } from '../delivery/operation-jobs.ts';
import { hostKeyOf } from '../domain/operations/host-seal.ts';
import { maintenanceJobs } from '../maintenance/registry.ts';
import { carefulClock } from '../periodic/careful-clock.ts';
import { runJobs } from '../periodic/periodic-job.ts';
import { scheduler } from '../scheduler/run-scheduler.ts';
import type { Engine } from '../workflow-engine/execute-operation.ts';
import { oweLeft } from '../workflows/left-behind.ts';
import { workflows } from '../workflows/recipes.ts';
import type { World } from '../workflows/world.ts';
import { boundaryFromEnvironment } from './boundary-from-environment.ts';
import { cloudPartsOf } from './inventory-parts.ts';
import { keyRingFrom } from './key-ring.ts';
import { markTarget } from './mark-target.ts';
import { RELEASE } from './release.ts';
import type { Running } from './running.ts';
import { schedulerOf } from './scheduler.ts';
import { recipeSettingsOf, targetsFrom } from './settings-of.ts';
import type { Shared } from './shared.ts';
import { databaseCheck, tellStatus } from './status.ts';
import { tellOfServers } from './tell-of-servers.ts';

/** The worker: takes operations from the queue and runs their recipes, with the keys of Ceph and of the targets. */
export async function startWorker(given: Shared): Promise<Running> {
  const careful = carefulClock(given.clock, () => databaseNow(given.db), given.log);
  await careful.compare();
  // Whatever a worker decides by the time of day, it decides by this clock.
  const shared = { ...given, clock: careful.clock };
  const {
    config,
    log,
    clock,
    ids,
    catalogue,
    operations,
    manifestCopies,
    journal,
    hostRequests,
    servedDisks,
    openstack,
    metrics,
  } = shared;
  const redisUrl = config.redis.url.reveal();
  await checkRedis(redisUrl);
  const manifestKey = Buffer.from(readManifestKey(config.archive.manifestKeyFile).reveal(), 'hex');
  const targets = await targetsFrom(config);
  const keys = await keyRingFrom(config, manifestKey, shared.erasures);
  const mark = (name: string) => markTarget({ targets, catalogue, manifestKey, ids, log }, name);
  for (const name of targets.names) await mark(name);
  if (!childrenDieWithUs()) log.warn('setpriv (util-linux) is missing: rbd may outlive a killed worker for a moment');
  const { conf, user, opTimeoutSeconds, stallSeconds } = config.ceph;
  const plainStreams = !config.gateway.publicUrl?.startsWith('https:');
  const connected = connectedCeph({ conf, user, opTimeoutSeconds, stallSeconds, plainStreams });
  const hostSecret = readHostSecret(config);
  const world: World = {
    ceph: connected.ceph,
    cloud: openstack,
    hosts: askHost({
      requests: hostRequests,
      keyOf: (host) => hostKeyOf(hostSecret, host),
      // Agents also go by the clocks of their hosts.
      clock: given.clock,
      ids,
      freezeSeconds: config.agent.freezeSeconds,
    }),
    targets,
    catalogue,
    operations,
    manifestCopies,
    condemnedRuns: shared.condemnedRuns,
    debts: shared.debts,
    ownNames: shared.ownNames,
    servedDisks,
    turns: sqlTurns(shared.db),
    tell: tellOfServers(shared),
    clock,
    manifestKey,
    keys,
    settings: recipeSettingsOf(config),
    release: RELEASE,
  };
  const { deadlineHours } = config.worker;
  const boundary = boundaryFromEnvironment(process.env.REWIND_FAULT_DIR);
  const engine: Engine<World> = {
    workflows,
    worldOf: (operation) => ({
      ...world,
      cloud: openstack.withRequestId(operation.global_request_id ?? operation.request_id),
    }),
    journal,
    clock,
    log,
    metrics,
    worker: `${hostname()}/${process.pid}/${ids.uuid().slice(0, 8)}`,
    leaseMs: config.worker.leaseSeconds * 1000,
    retry: { budgetMs: config.worker.retrySeconds * 1000, deadlineMs: deadlineHours * 3_600_000 },
    boundary,
    left: oweLeft,
  };
  const queue = createJobQueue({ redisUrl, log });
  const jobs = operationJobs(engine, queue, { slots: config.worker.concurrency });
  const shutdown = new AbortController();
  const turns = world.turns;
  const workers = sqlWorkers(shared.db);
  const periodic = [
    careful.job,
    jobs.redelivery,
    scheduler({ ...schedulerOf(shared, queue, engine.worker), isClockRight: careful.isRight }),
    ...maintenanceJobs({
      ...{ world, catalogue, operations, queue, ids, log, workers },
      ...{ ownNames: shared.ownNames, chains: shared.chains, shares: shared.verifyShares },
      images: createMemoryImages(config.ceph),
      reports: shared.targetReports,
      cloud: cloudPartsOf(shared),
      tell: tellOfServers(shared),
      mark: (name) => mark(name).catch(() => false),
      worker: { worker: engine.worker, host: hostname(), release: RELEASE, concurrency: config.worker.concurrency },
      running: jobs.running,
      settings: {
        deadlineHours,
        graceHours: config.ceph.trashGraceHours,
        inventoryMinutes: config.ceph.inventoryMinutes,
        verifyDays: config.archive.verifyDays,
      },
    }),
  ];
  const observe = shared.metrics.jobLooked;
  const watching = runJobs(periodic, { clock, log, turns, holder: engine.worker, observe }, shutdown.signal);
  const worker = await startJobWorker({
    redisUrl,
    concurrency: config.worker.concurrency,
    log,
    process: (operationId) => jobs.process(operationId, shutdown.signal),
  });
  const status = await tellStatus(
    { host: config.status.host, port: config.status.workerPort },
    {
      ...{ clock, log, metrics: shared.metrics },
      health: [databaseCheck(shared.db), { name: 'redis', probe: () => queue.ping() }],
    },
  );
  log.info('the worker takes operations', { worker: engine.worker });
  return {
    async drain() {
      shutdown.abort();
      await worker.close();
      await watching;
      await status.drain();
      await queue.close();
      await connected.close();
    },
  };
}
