/** What a domain does, as libvirt says. */
export type DomainState = 'running' | 'paused' | 'off' | 'absent';

/**
 * How the disks of a running server are held still: the whole domain paused, or its file systems frozen. `memory` is a
 * pause in which the memory is being saved: to let go ends the saving first.
 */
export type Hold = 'pause' | 'freeze' | 'memory';

/**
 * Lets go of a held domain after its time, whatever became of us: it is a process of its own, and survives us.
 */
export interface Guard {
  /** Ends it. To be called only after the domain was let go. */
  disarm(): void;
}

/** A connection that is open before the server is held, so that nothing has to be started while it stands still. */
export interface Grip extends Pick<Hypervisor, 'hold' | 'letGo'> {
  /** Closes it; holds nothing and lets nothing go. Never rejects. */
  drop(): Promise<void>;
}

/**
 * The hypervisor of this host. A domain is named by its server's id: Nova gives both the same UUID. Every call has
 * a time limit; failures are RewindErrors `hypervisor.failed` and `hypervisor.timeout` (errored, retry).
 */
export interface Hypervisor {
  state(domain: string): Promise<DomainState>;
  /** Whether the guest's agent answers; to be asked before a freeze. */
  guestAnswers(domain: string): Promise<boolean>;
  /** Pauses a running domain, or freezes the file systems of its guest. */
  hold(domain: string, hold: Hold): Promise<void>;
  /**
   * The way back; safe to call on a domain that is not held. Tells whether the domain was still held, which proves
   * that nobody let it go in between.
   */
  letGo(domain: string, hold: Hold): Promise<boolean>;
  /** A quick way to hold this domain and let it go, for one hold. What it fails to do may be tried without it. */
  grip(domain: string): Promise<Grip>;
  /** To be armed before `hold`. @throws RewindError `hypervisor.failed` when it cannot be started */
  guard(domain: string, hold: Hold, seconds: number): Promise<Guard>;
}
