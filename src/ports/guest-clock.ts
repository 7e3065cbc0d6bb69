interface ClockReading {
  /** The guest's clock minus the host's. */
  offsetMs: number;
  /** How inexact this may be. */
  withinMs: number;
}

/** The clock of a guest, through its agent. Nothing here rejects. */
export interface GuestClock {
  /** Null: the guest's agent does not answer. */
  read(domain: string): Promise<ClockReading | null>;
  /**
   * Sets the guest's clock to the host's time plus this many ms. `coarse`: it could be set only to about half a second,
   * which is not tried unless it is allowed. `refused`: this guest's agent cannot set it. `silent`: the agent did not
   * answer. Only a reading afterwards shows whether it was set, since the request may take effect late.
   */
  set(domain: string, offsetMs: number, allowCoarse: boolean): Promise<'set' | 'coarse' | 'refused' | 'silent'>;
}
