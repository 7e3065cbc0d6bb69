export interface CondemnedRun {
  object: string;
  /** Nobody named it any more when somebody looked then. ISO 8601 in UTC. */
  since: string;
}

/** What the sweep remembers between two looks. Losing it only makes the sweep wait longer. */
export interface CondemnedRuns {
  list(target: string, serverId: string): Promise<CondemnedRun[]>;
  /** Those that are condemned already keep their time. */
  condemn(target: string, serverId: string, objects: readonly string[], at: string): Promise<void>;
  /** Idempotent. */
  forgive(target: string, objects: readonly string[]): Promise<void>;
}
