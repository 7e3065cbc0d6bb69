/** What a domain does, as libvirt says. */
export type DomainState = 'running' | 'paused' | 'off' | 'absent';

/** How the disks of a running server are held still: the whole domain paused, or its file systems frozen. */
export type Hold = 'pause' | 'freeze';

/**
 * Lets go of a held domain after its time, whatever became of us: it is a process of its own, and survives us.
 */
export interface Guard {
  /** Ends it. To be called only after the domain was let go. */
  disarm(): void;
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
  /** To be armed before `hold`. @throws RewindError `hypervisor.failed` when it cannot be started */
  guard(domain: string, hold: Hold, seconds: number): Promise<Guard>;
}
