/**
 * Keys of projects that were erased on purpose, remembered where nobody who writes on a target can undo it. A key that
 * is recorded here is erased on every target, whatever lies there. Nothing is ever removed.
 */
export interface Erasures {
  /** Ids of keys. */
  ofProject(projectId: string): Promise<ReadonlySet<string>>;
  /** Idempotent. */
  remember(projectId: string, keyIds: readonly string[], erasedAt: string): Promise<void>;
}
