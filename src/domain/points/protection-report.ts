/** Its name in the table of turns: the report serves the metrics of every process. */
export const PROTECTION = 'protection';

/** How well all servers of the cloud are protected, by the last look. */
export interface ProtectionReport {
  /** ISO 8601 in UTC. */
  at: string;
  servers: number;
  protected: number;
  /** Ids of servers whose newest good backup is older than their objective. */
  missed: string[];
}
