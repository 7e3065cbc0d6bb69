import type { Hold } from './hypervisor.ts';

/**
 * `noted`: nothing was requested yet. `asked`: it may be held, or will be. `answered`: it is held or will not be; the
 * guest's agent, where it is needed, is asked after that.
 */
type HoldStage = 'noted' | 'asked' | 'answered';

/** What has to be undone on this host. `clock`: the domain runs again, and its clock is where it was held. */
export interface HeldNote {
  domain: string;
  hold: Hold | 'clock';
  stage: HoldStage;
  /** See `Hypervisor.runOf`; null: unknown. */
  run: string | null;
  /** A request may still take effect this long (seconds) after it was made. */
  lateSeconds: number;
  /** The guest's clock minus the host's, ms, before the hold; null: unknown. */
  clockOffsetMs: number | null;
}

export interface KeptNote extends HeldNote {
  /** The time of the note, ISO 8601 in UTC: for people. */
  since: string;
  /** Time since the note or the request, whichever came last; infinite when the host was started since. */
  ageMs: number;
}

/**
 * What is held on this host, kept on a disk of this host: any process that runs here releases it. One note for each
 * domain and hold.
 */
export interface HeldDomains {
  /** Survives a power cut once resolved. Replaces the former note of this hold. */
  note(note: HeldNote): Promise<void>;
  /** Takes effect at once; survives this process but not a power cut, after which nothing is held. */
  mark(note: HeldNote, stage: HoldStage): void;
  forget(domain: string, hold: HeldNote['hold']): Promise<void>;
  /** Includes notes that cannot be read: they count as requested long ago. */
  all(): Promise<KeptNote[]>;
  /** The file where the guard of this hold writes what it did. */
  witness(domain: string, hold: Hold): string;
  /** Whether a guard has released it: if it stands still after that, we did not cause it. */
  wasLetGo(domain: string, hold: Hold): Promise<boolean>;
}
