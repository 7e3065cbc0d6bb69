import type { WorkerReport } from '../domain/operations/worker-report.ts';
import type { PeriodicJob } from '../periodic/periodic-job.ts';
import type { Workers } from '../ports/stores/workers.ts';
import type { Clock } from '../ports/system.ts';

/** How often a worker reports that it lives. */
const TELL_EVERY_MS = 20_000;
const FORGET_MS = 7 * 86_400_000;

export interface TellOfWorkerParts {
  workers: Workers;
  clock: Clock;
  worker: Pick<WorkerReport, 'worker' | 'host' | 'release' | 'concurrency'>;
  running(): number;
}

/** Reports that this worker lives and, at its end, that it is gone. */
export function tellOfWorker({ workers, clock, worker, running }: TellOfWorkerParts): PeriodicJob {
  const started_at = new Date(clock.now()).toISOString();
  const look = async () => {
    const now = clock.now();
    const report = { ...worker, running: running(), started_at, seen_at: new Date(now).toISOString() };
    await workers.tell(report, new Date(now - FORGET_MS).toISOString());
  };
  const close = () => workers.leave(worker.worker);
  return { name: 'tell-of-worker', after: 'how the worker is', everyMs: TELL_EVERY_MS, look, close };
}
