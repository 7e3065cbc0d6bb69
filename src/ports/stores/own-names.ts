/** What this installation gave names to in Ceph, where others may do the same. */
export interface OwnNames {
  /** Which installation this is: drawn once, and kept as long as the database. */
  installation(): Promise<string>;
  /** Those of these ids that this installation gave out, also when their records are gone. */
  ours(ids: readonly string[]): Promise<Set<string>>;
  /** From now on these count as given out by this installation: after the loss of its database. Idempotent. */
  claim(ids: readonly string[]): Promise<void>;
  /** Since when each of these places was seen again and again; those that are not among them any more are forgotten. */
  seenSince(places: readonly string[], at: string): Promise<Map<string, string>>;
}
