import type { createJobQueue } from '../adapters/redis/job-queue.ts';
import { sqlTurns } from '../adapters/sql/workers/sql-turns.ts';
import type { Config } from '../config/load-config.ts';
import type { SchedulerParts, SchedulerSettings } from '../scheduler/parts.ts';
import { serviceDepsOf } from './service-deps.ts';
import type { Shared } from './shared.ts';

/** The scheduler of policies, which runs in each worker and takes turns. */
export function schedulerOf(shared: Shared, queue: ReturnType<typeof createJobQueue>, name: string): SchedulerParts {
  return {
    deps: serviceDepsOf(shared, queue),
    turns: sqlTurns(shared.db),
    admin: shared.openstack.admin,
    settings: settingsOf(shared.config),
    name,
  };
}

function settingsOf({ scheduler, worker, ceph }: Config): SchedulerSettings {
  return {
    lookMs: scheduler.lookSeconds * 1000,
    leaseMs: worker.leaseSeconds * 1000,
    most: {
      all: scheduler.maxRunning,
      project: scheduler.maxRunningPerProject,
      target: scheduler.maxRunningPerTarget,
      host: scheduler.maxRunningPerHost,
      pool: scheduler.maxRunningPerPool,
    },
    keepRunsDays: scheduler.keepRunsDays,
    keepOperationsDays: scheduler.keepOperationsDays,
    keepMessagesDays: scheduler.keepMessagesDays,
    pools: { root: ceph.pools.root, volumes: ceph.pools.volumes, volumeHosts: ceph.volumeHosts },
  };
}
