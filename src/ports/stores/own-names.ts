/** The names that this installation gave in Ceph, where others may give the same. */
export interface OwnNames {
  /** Id of this installation: drawn once, and kept as long as the database. */
  installation(): Promise<string>;
  /** Those of these ids that this installation gave out, even if their records are gone. */
  ours(ids: readonly string[]): Promise<Set<string>>;
  /** From now on these ids count as given out by this installation: after the loss of its database. Idempotent. */
  claim(ids: readonly string[]): Promise<void>;
  /** Since when each of these places was seen in every look; places that are no longer listed are forgotten. */
  seenSince(places: readonly string[], at: string): Promise<Map<string, string>>;
}
