export interface CondemnedRun {
  object: string;
  /** Since then no manifest has named it. ISO 8601 in UTC. */
  since: string;
}

/** What the sweep remembers between two looks. If it is lost, the sweep only waits longer. */
export interface CondemnedRuns {
  list(target: string, serverId: string): Promise<CondemnedRun[]>;
  /** Runs that are marked already keep their time. */
  condemn(target: string, serverId: string, objects: readonly string[], at: string): Promise<void>;
  /** Idempotent. */
  forgive(target: string, objects: readonly string[]): Promise<void>;
}
