/** The complete backups of one server on one target. */
export interface ServerChain {
  projectId: string;
  serverId: string;
  target: string;
  backups: number;
  /** When one of them last changed, ISO 8601. */
  changedAt: string;
}

export interface Chains {
  all(): Promise<ServerChain[]>;
}
