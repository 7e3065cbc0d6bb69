/** A worker process, as it last told. */
export interface WorkerReport {
  /** `<host>/<pid>/<a few random characters>` */
  worker: string;
  host: string;
  release: string;
  /** Operations it may run at a time, and runs. */
  concurrency: number;
  running: number;
  started_at: string;
  /** ISO 8601: it was alive then. */
  seen_at: string;
}

/** Which workers there are, for those who do not talk to them. */
export interface Workers {
  /** Replaces what the worker told before; what was not heard of since `forgetBefore` is forgotten. */
  tell(report: WorkerReport, forgetBefore: string): Promise<void>;
  /** At once, when it ends in order. */
  leave(worker: string): Promise<void>;
  /** Those seen since, by name; at most some thousand. */
  seenSince(at: string): Promise<WorkerReport[]>;
}
