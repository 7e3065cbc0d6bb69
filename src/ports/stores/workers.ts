import type { WorkerReport } from '../../domain/operations/worker-report.ts';

/** Which workers there are, for those who do not talk to them. */
export interface Workers {
  /** Replaces what the worker told before; what was not heard of since `forgetBefore` is forgotten. */
  tell(report: WorkerReport, forgetBefore: string): Promise<void>;
  /** At once, when it ends in order. */
  leave(worker: string): Promise<void>;
  /** Those seen since, by name; at most some thousand. */
  seenSince(at: string): Promise<WorkerReport[]>;
}
