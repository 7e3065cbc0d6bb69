interface ClockReading {
  /** The guest's clock less the host's. */
  offsetMs: number;
  /** How far off this may be. */
  withinMs: number;
}

/** The clock of a guest, through its agent. Nothing here rejects. */
export interface GuestClock {
  /** Null: its agent does not answer. */
  read(domain: string): Promise<ClockReading | null>;
  /**
   * Sets it to the host's time and so many ms. `coarse`: only to about half a second could it be set, which is not tried
   * unless it is allowed. `refused`: by this guest's agent it cannot be set. `silent`: the agent did not answer. Whether it
   * was set tells a reading after it, since what was asked may come late.
   */
  set(domain: string, offsetMs: number, allowCoarse: boolean): Promise<'set' | 'coarse' | 'refused' | 'silent'>;
}
