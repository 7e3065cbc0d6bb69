/** The state of a domain, by libvirt. */
export type DomainState = 'running' | 'paused' | 'off' | 'absent';

/**
 * How the disks of a running server are held still: the whole domain is paused, or its file systems are frozen.
 * `memory` is a pause in which the memory is being saved: a release ends the saving first.
 */
export type Hold = 'pause' | 'freeze' | 'memory';

/** Releases a held domain after its time, whatever became of us: it is a process of its own, and survives us. */
export interface Guard {
  /** Ends it. Must be called only after the domain was released. */
  disarm(): void;
}

export interface GuardOrder {
  hold: Hold;
  /** It releases the domain after this time. */
  seconds: number;
  /** If the guest's hook takes long, a freeze may come after that: it retries for this long (seconds). */
  lateSeconds: number;
  /** The file to which it writes what it did. */
  witness: string;
}

/** A connection that is opened before the server is held, so that nothing has to be started while it stands still. */
export interface Grip extends Pick<Hypervisor, 'hold' | 'letGo'> {
  /** Closes it; holds and releases nothing. Never rejects. */
  drop(): Promise<void>;
}

/**
 * The hypervisor of this host. A domain is named by its server's id: Nova gives both the same UUID. Every call has a
 * time limit; failures are RewindErrors `hypervisor.failed` (it refused), and `hypervisor.timeout` (it did not answer:
 * the request may still take effect); both errored, retry.
 */
export interface Hypervisor {
  state(domain: string): Promise<DomainState>;
  /**
   * Identifies this run of the domain: it changes when the domain, or the host, is started again. Null: the domain does
   * not run here.
   */
  runOf(domain: string): Promise<string | null>;
  /** Whether it is being migrated to another host: nobody would release it there. */
  isMoving(domain: string): Promise<boolean>;
  /**
   * Whether the file systems of its guest are frozen; null: the guest's agent does not answer. An agent does one thing
   * after the other: its answer proves that no earlier request will still take effect.
   */
  isFrozen(domain: string): Promise<boolean | null>;
  /**
   * Pauses a running domain, or freezes the file systems of its guest, which waits for the guest's hooks.
   * @throws RewindError `hypervisor.guest-refused`
   */
  hold(domain: string, hold: Hold): Promise<void>;
  /**
   * Releases the domain; safe to call on one that is not held. Resolves to whether the domain was still held, which
   * proves that nobody released it in between.
   */
  letGo(domain: string, hold: Hold): Promise<boolean>;
  /**
   * Called after the last freeze: from then on others may use the guest's agent without our time limit. Never rejects.
   */
  freeAgent(domain: string): Promise<void>;
  /** A quick way to hold this domain and release it, for one hold. If it fails, the same may be tried without it. */
  grip(domain: string): Promise<Grip>;
  /** Must be armed before `hold`. @throws RewindError `hypervisor.failed` when it cannot be started */
  guard(domain: string, order: GuardOrder): Promise<Guard>;
  /** Ends the guards that dead processes left for this hold of the domain. Never rejects. */
  endGuards(domain: string, hold: Hold): Promise<void>;
}
