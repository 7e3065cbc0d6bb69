import type { Hold } from './hypervisor.ts';

/**
 * `noted`: nothing was asked yet. `asked`: it may be held, or still will be. `answered`: it is held or will not be; the
 * guest's agent, if it is asked, is asked after that.
 */
type HoldStage = 'noted' | 'asked' | 'answered';

/** What is to be undone on this host. `clock`: the domain runs again, and its clock stands where it was held. */
export interface HeldNote {
  domain: string;
  hold: Hold | 'clock';
  stage: HoldStage;
  /** See `Hypervisor.runOf`; null: not known. */
  run: string | null;
  /** So long (seconds) after it was asked what was asked may still come. */
  lateSeconds: number;
  /** The guest's clock less the host's, ms, before the hold; null: nobody told. */
  clockOffsetMs: number | null;
}

export interface KeptNote extends HeldNote {
  /** When it was noted, ISO 8601 in UTC: for people. */
  since: string;
  /** Since it was noted, or asked, whichever came last; infinite when the host was started since. */
  ageMs: number;
}

/** What is being held on this host, on a disk of this host: whoever runs here lets it go. One note for each domain and hold. */
export interface HeldDomains {
  /** Survives a power cut once resolved. Replaces what was noted of this hold. */
  note(note: HeldNote): Promise<void>;
  /** At once; survives this process and not a power cut, after which nothing is held. */
  mark(note: HeldNote, stage: HoldStage): void;
  forget(domain: string, hold: HeldNote['hold']): Promise<void>;
  /** Also what cannot be read: as asked long ago. */
  all(): Promise<KeptNote[]>;
  /** Where the guard of this hold writes what it did. */
  witness(domain: string, hold: Hold): string;
  /** Whether a guard has let it go: what stands still after that is not ours. */
  wasLetGo(domain: string, hold: Hold): Promise<boolean>;
}
