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

export interface GuardOrder {
  hold: Hold;
  /** After so long it lets go. */
  seconds: number;
  /** A freeze may come after that, when the guest's hook takes long: so long (seconds) it tries again and again. */
  lateSeconds: number;
  /** A file that it writes what it did to. */
  witness: string;
}

/** A connection that is open before the server is held, so that nothing has to be started while it stands still. */
export interface Grip extends Pick<Hypervisor, 'hold' | 'letGo'> {
  /** Closes it; holds nothing and lets nothing go. Never rejects. */
  drop(): Promise<void>;
}

/**
 * The hypervisor of this host. A domain is named by its server's id: Nova gives both the same UUID. Every call has
 * a time limit; failures are RewindErrors `hypervisor.failed` (it said no), and `hypervisor.timeout` (it said nothing:
 * what was asked may still come); both errored, retry.
 */
export interface Hypervisor {
  state(domain: string): Promise<DomainState>;
  /** Names this run of the domain: another one when it, or the host, was started anew. Null: it does not run here. */
  runOf(domain: string): Promise<string | null>;
  /** Whether it is just being moved to another host: there nobody would let it go. */
  isMoving(domain: string): Promise<boolean>;
  /**
   * Whether the file systems of its guest are frozen; null: the guest's agent does not answer. An agent does one thing
   * after the other: an answer tells that nothing asked of it earlier will still come.
   */
  isFrozen(domain: string): Promise<boolean | null>;
  /**
   * Pauses a running domain, or freezes the file systems of its guest: that waits for the guest's hooks.
   * @throws RewindError `hypervisor.guest-refused`
   */
  hold(domain: string, hold: Hold): Promise<void>;
  /**
   * The way back; safe to call on a domain that is not held. Tells whether the domain was still held, which proves
   * that nobody let it go in between.
   */
  letGo(domain: string, hold: Hold): Promise<boolean>;
  /** After the last freeze: others may use the guest's agent without our time limit. Never rejects. */
  freeAgent(domain: string): Promise<void>;
  /** A quick way to hold this domain and let it go, for one hold. What it fails to do may be tried without it. */
  grip(domain: string): Promise<Grip>;
  /** To be armed before `hold`. @throws RewindError `hypervisor.failed` when it cannot be started */
  guard(domain: string, order: GuardOrder): Promise<Guard>;
  /** Ends the guards that dead processes left over this hold of the domain. Never rejects. */
  endGuards(domain: string, hold: Hold): Promise<void>;
}
