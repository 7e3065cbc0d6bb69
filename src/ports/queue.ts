/** Carries operation ids to workers, at least once, and may forget all of them: the database is the truth. */
export interface JobQueue {
  /** Rejects fast with `vm-backup.queue.unavailable` (503) when Redis does not answer. `delivery` tells deliveries of one operation apart. */
  enqueue(operationId: string, delivery: string): Promise<void>;
  /** Rejects as `enqueue` does. Asked before anything is recorded, as a worker may take up what is recorded at once. */
  ping?(): Promise<void>;
}
