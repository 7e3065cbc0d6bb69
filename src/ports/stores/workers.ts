import type { WorkerReport } from '../../domain/operations/worker-report.ts';

/** The workers that exist, for processes that do not talk to them. */
export interface Workers {
  /** Replaces the worker's former report; workers that have not reported since `forgetBefore` are forgotten. */
  tell(report: WorkerReport, forgetBefore: string): Promise<void>;
  /** Called when a worker ends in order; takes effect at once. */
  leave(worker: string): Promise<void>;
  /** Workers seen since, by name; at most some thousand. */
  seenSince(at: string): Promise<WorkerReport[]>;
}
