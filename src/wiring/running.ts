/** A process's work, begun. */
export interface Running {
  /** Takes nothing new; resolves when what was begun has ended or been let go. */
  drain(): Promise<void>;
}
