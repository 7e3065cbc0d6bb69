/** The work of a process that has begun. */
export interface Running {
  /** Takes nothing new; resolves when what was begun has ended or was given up. */
  drain(): Promise<void>;
}
