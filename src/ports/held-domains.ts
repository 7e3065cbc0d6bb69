import type { Hold } from './hypervisor.ts';

/** What is being held on this host, on a disk of this host: whoever starts here lets it go first of all. */
export interface HeldDomains {
  /** Survives a power cut once resolved. */
  note(domain: string, hold: Hold): Promise<void>;
  forget(domain: string): Promise<void>;
  all(): Promise<{ domain: string; hold: Hold }[]>;
}
