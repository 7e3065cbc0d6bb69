/** How well all servers of the cloud are looked after, as it was found last. */
export interface ProtectionReport {
  /** ISO 8601 in UTC. */
  at: string;
  servers: number;
  protected: number;
  /** Ids of servers whose newest good backup is older than their objective. */
  missed: string[];
}
