import type { PeriodicJob } from '../periodic/periodic-job.ts';
import type { MemoryImages } from '../ports/memory.ts';
import type { JobQueue } from '../ports/queue.ts';
import type { Catalogue } from '../ports/stores/catalogue.ts';
import type { Chains } from '../ports/stores/chains.ts';
import type { Operations } from '../ports/stores/operations.ts';
import type { OwnNames } from '../ports/stores/own-names.ts';
import type { TargetReports } from '../ports/stores/target-reports.ts';
import type { VerifyShares } from '../ports/stores/verify-shares.ts';
import type { Workers } from '../ports/stores/workers.ts';
import type { Ids, Log } from '../ports/system.ts';
import type { World } from '../workflows/world.ts';
import { payDebts } from './debts/pay-debts.ts';
import { type KeepInventoryParts, keepInventory } from './inventory/keep-inventory.ts';
import { type KeepTargetsParts, keepTargets } from './keep-targets.ts';
import type { Tell } from './nova/nova-watch.ts';
import { sweepDeletedDisks } from './nova/sweep-deleted-disks.ts';
import { yieldToNova } from './nova/yield-to-nova.ts';
import { compactBackups } from './points/compact-backups.ts';
import { expireSnapshots } from './points/expire-snapshots.ts';
import { repairBackups } from './points/repair-backups.ts';
import { scrub } from './points/scrub.ts';
import { sweepMemory } from './points/sweep-memory.ts';
import { sweepRunsOfTargets } from './points/sweep-segments.ts';
import { type TellOfWorkerParts, tellOfWorker } from './tell-of-worker.ts';

export interface MaintenanceParts {
  world: World;
  catalogue: Catalogue;
  operations: Operations;
  ownNames: OwnNames;
  queue: JobQueue;
  ids: Ids;
  log: Log;
  chains: Chains;
  shares: VerifyShares;
  images: MemoryImages;
  reports: TargetReports;
  workers: Workers;
  cloud: NonNullable<KeepInventoryParts['cloud']>;
  tell: Tell;
  mark: KeepTargetsParts['mark'];
  worker: TellOfWorkerParts['worker'];
  /** Number of operations that run in this process now. */
  running(): number;
  settings: {
    deadlineHours: number;
    /** What nothing needs is removed once it was seen for this many hours. */
    graceHours: number;
    inventoryMinutes: number;
    /** Number of days in which everything is read back once; 0: never. */
    verifyDays: number;
  };
}

/**
 * Everything that a worker does beside operations. A new job is a file that returns a `PeriodicJob`, and a line here.
 */
export function maintenanceJobs(parts: MaintenanceParts): PeriodicJob[] {
  const { world, catalogue, operations, ownNames, queue, ids, log, chains, settings } = parts;
  const { clock, ceph, targets, debts, turns } = world;
  const { deadlineHours, graceHours } = settings;
  const asking = { world, catalogue, operations, queue, clock, ids, log, deadlineHours };
  const worker = parts.worker.worker;
  return [
    yieldToNova(world, log, parts.tell),
    sweepDeletedDisks(world, log, graceHours),
    expireSnapshots(asking),
    sweepRunsOfTargets(asking),
    ...compactBackups({ ...asking, chains }),
    sweepMemory({ ...asking, ceph, images: parts.images, pool: world.settings.snapshotPool, graceHours }),
    repairBackups({ ...asking, manyTargets: targets.names.length > 1 }),
    ...scrub({ world, chains, shares: parts.shares, days: settings.verifyDays, worker, log }),
    keepInventory({
      ...{ world, catalogue, operations, ownNames, debts, turns },
      ...{ worker, log, graceHours, everyMinutes: settings.inventoryMinutes, cloud: parts.cloud },
    }),
    payDebts({ world, debts, log }),
    tellOfWorker({ workers: parts.workers, clock, running: parts.running, worker: parts.worker }),
    ...keepTargets({ targets, reports: parts.reports, host: parts.worker.host, clock, log, mark: parts.mark }),
  ];
}
