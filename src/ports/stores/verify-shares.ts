import type { VerifyShare } from '../../domain/targets/verify-share.ts';

/**
 * Which share of which target was read back, and which worker works on it. Loose on purpose: reading twice does no
 * harm.
 */
export interface VerifyShares {
  /** The first day on which this target is read in this many shares; the first caller decides. */
  began(target: string, shares: number, today: number): Promise<number>;
  list(target: string, shares: number): Promise<VerifyShare[]>;
  /**
   * Undefined: another worker is working on it, and said so after `silentSince` (ISO 8601); or it is done. Continues
   * where it was.
   */
  claim(
    place: Pick<VerifyShare, 'target' | 'shares' | 'share' | 'day'>,
    worker: string,
    silentSince: string,
  ): Promise<VerifyShare | undefined>;
  /** False: another worker has it by now. */
  note(share: VerifyShare, worker: string): Promise<boolean>;
  /** The shares of all targets. */
  all(): Promise<VerifyShare[]>;
}
