/**
 * Keys of projects that were erased on purpose, remembered where who writes on a target cannot undo it. A key that is here
 * is erased on every target, whatever lies there. Nothing is ever taken out.
 */
export interface Erasures {
  /** Ids of keys. */
  ofProject(projectId: string): Promise<ReadonlySet<string>>;
  /** Idempotent. */
  remember(projectId: string, keyIds: readonly string[], erasedAt: string): Promise<void>;
}
