import type { WorkerReport } from '../domain/operations/worker-report.ts';
import { lookEvery } from '../periodic/look-every.ts';
import type { Workers } from '../ports/stores/workers.ts';
import type { Clock, Log } from '../ports/system.ts';

/** How often a worker tells that it lives. */
const TELL_EVERY_MS = 20_000;
const FORGET_MS = 7 * 86_400_000;

export interface TellOfWorkerParts {
  workers: Workers;
  clock: Clock;
  log: Log;
  worker: Pick<WorkerReport, 'worker' | 'host' | 'release' | 'concurrency'>;
  running(): number;
}

/** Until `shutdown`: tells that this worker lives, and in the end that it is gone. */
export async function tellOfWorker(parts: TellOfWorkerParts, shutdown: AbortSignal): Promise<void> {
  const { workers, clock, log, worker, running } = parts;
  const started_at = new Date(clock.now()).toISOString();
  await lookEvery({ clock, log, shutdown }, { everyMs: TELL_EVERY_MS, after: 'how the worker is' }, async () => {
    const now = clock.now();
    const report = { ...worker, running: running(), started_at, seen_at: new Date(now).toISOString() };
    await workers.tell(report, new Date(now - FORGET_MS).toISOString());
  });
  await workers.leave(worker.worker).catch(() => undefined);
}
