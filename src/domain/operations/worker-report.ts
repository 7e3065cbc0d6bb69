/** The last report of a worker process. */
export interface WorkerReport {
  /** `<host>/<pid>/<a few random characters>` */
  worker: string;
  host: string;
  release: string;
  /** The number of operations that it may run at a time, and the number that it runs. */
  concurrency: number;
  running: number;
  started_at: string;
  /** ISO 8601: the worker was alive then. */
  seen_at: string;
}

/** A worker that was silent for this long counts as gone: it reports often enough that some reports may be late. */
export const WORKER_SILENT_MS = 90_000;
