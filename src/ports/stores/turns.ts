/** Whose turn it is to do work that only one process does at a time. */
export interface Turn {
  holder: string;
  /** Rises with every sign of life. */
  beat: number;
  /** JSON: what the holder wants others to know. */
  report: unknown;
}

export interface Turns {
  look(name: string): Promise<Turn | undefined>;
  /**
   * True: the turn is `holder`'s. False: the former holder showed life since `seen`. A report, if given, replaces the
   * last one.
   */
  take(name: string, seen: Turn | undefined, holder: string, report?: unknown): Promise<boolean>;
}
