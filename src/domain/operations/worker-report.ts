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

/** A worker that was silent for so long is not there: it tells often enough that some of it may be late. */
export const WORKER_SILENT_MS = 90_000;
