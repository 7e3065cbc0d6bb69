import { sqlWorkers } from '../adapters/sql/workers/sql-workers.ts';
import { WORKER_SILENT_MS, type WorkerReport } from '../domain/operations/worker-report.ts';
import type { Shared } from '../wiring/shared.ts';
import type { Given } from './command-line/command.ts';

const MS_PER_DAY = 86_400_000;

/**
 * Lists workers that reported within a day that they live. False when none did recently: nothing is being worked on.
 */
export async function listWorkers(
  { db, clock }: Pick<Shared, 'db' | 'clock'>,
  { out }: Pick<Given, 'out'>,
): Promise<boolean> {
  const now = clock.now();
  out.whenEmpty('none');
  const all = await sqlWorkers(db).seenSince(new Date(now - MS_PER_DAY).toISOString());
  const lives = ({ seen_at }: WorkerReport): boolean => now - Date.parse(seen_at) <= WORKER_SILENT_MS;
  for (const one of all) {
    const silent = lives(one) ? '' : `  SILENT since ${one.seen_at}`;
    const text = `${one.worker}  ${one.release}  ${one.running} of ${one.concurrency} running  since ${one.started_at}${silent}`;
    out.row({ ...one, alive: lives(one) }, text);
  }
  return all.some(lives);
}
