/**
 * Sealed manifests beside the catalogue, for processes that hold no key of a target. They are copies: the ones on the
 * target count. A copy is removed when its backup leaves the catalogue.
 */
export interface ManifestCopies {
  /** Replaces an older copy; does nothing when the catalogue has no such backup. */
  keep(backupId: string, sealed: string): Promise<void>;
  find(backupId: string): Promise<string | undefined>;
}
