import type { VerifyShare } from '../../domain/targets/verify-share.ts';

/** Which share of which target was read back, and who is at it. Loose on purpose: reading twice does no harm. */
export interface VerifyShares {
  /** The first day on which this target is read in this many shares; the first caller decides. */
  began(target: string, shares: number, today: number): Promise<number>;
  list(target: string, shares: number): Promise<VerifyShare[]>;
  /** Undefined: somebody else is at it, and wrote so after `silentSince` (ISO 8601); or it is done. Goes on where it was. */
  claim(
    place: Pick<VerifyShare, 'target' | 'shares' | 'share' | 'day'>,
    worker: string,
    silentSince: string,
  ): Promise<VerifyShare | undefined>;
  /** False: it is somebody else's by now. */
  note(share: VerifyShare, worker: string): Promise<boolean>;
  /** Of all targets. */
  all(): Promise<VerifyShare[]>;
}
