/**
 * Sealed manifests beside the catalogue, for those who hold no key of a target. Copies: what counts lies on the target.
 * They go when their backup goes from the catalogue.
 */
export interface ManifestCopies {
  /** Replaces an older one; does nothing when the catalogue has no such backup. */
  keep(backupId: string, sealed: string): Promise<void>;
  find(backupId: string): Promise<string | undefined>;
}
