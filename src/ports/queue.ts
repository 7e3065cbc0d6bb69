/** Carries operation ids to workers, at least once, and may forget all of them: the database is the truth. */
export interface JobQueue {
  /**
   * Rejects fast with `vm-backup.queue.unavailable` (503) when Redis does not answer. `delivery` distinguishes
   * deliveries of one operation.
   */
  enqueue(operationId: string, delivery: string): Promise<void>;
  /** Rejects like `enqueue`. Called before anything is recorded, because a worker may take up a record at once. */
  ping?(): Promise<void>;
}
