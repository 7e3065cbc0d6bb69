import type { Clock, Log } from '../ports/system.ts';
import type { PeriodicJob } from './periodic-job.ts';

const LOOK_EVERY_MS = 60_000;
/** Allows for the difference of clocks that are set over the network, and for a slow answer. */
const TOLERATED_MS = 2_000;

export interface CarefulClock {
  clock: Clock;
  /** Whether our clock and the database's agree, as far as is known. */
  isRight(): boolean;
  /** Compares once. Rejects when the database does not answer. */
  compare(): Promise<void>;
  /** Compares every minute. */
  job: PeriodicJob;
}

/**
 * This host's clock, but never ahead of the database's: a host whose clock is wrong would expire, sweep and retire what
 * has years to go. A clock that is behind does everything later, which harms nothing; if the database's is ahead, ours
 * counts.
 */
export function carefulClock(own: Clock, databaseNow: () => Promise<number>, log: Log): CarefulClock {
  let seen: { theirs: number; atMs: number; tookMs: number } | undefined;
  let wasAhead = false;
  // Between two looks a clock may jump, too: so the elapsed time is measured.
  const theirsNow = (): number => (seen ? seen.theirs + own.monotonic() - seen.atMs : Number.POSITIVE_INFINITY);
  const isAhead = (): boolean => own.now() > theirsNow() + TOLERATED_MS + (seen?.tookMs ?? 0);
  const compare = async (): Promise<void> => {
    const asked = own.monotonic();
    const theirs = await databaseNow();
    const atMs = own.monotonic();
    seen = { theirs, atMs, tookMs: atMs - asked };
    if (isAhead() === wasAhead) return;
    wasAhead = isAhead();
    if (wasAhead)
      log.error("this host's clock is ahead of the database's: that one counts", { ahead_ms: own.now() - theirsNow() });
    else log.info("this host's clock is right again");
  };
  return {
    isRight: () => seen !== undefined && Math.abs(own.now() - theirsNow()) <= TOLERATED_MS + seen.tookMs,
    clock: { ...own, now: () => (isAhead() ? theirsNow() : own.now()) },
    compare,
    job: { name: 'careful-clock', after: "the database's clock", everyMs: LOOK_EVERY_MS, look: compare },
  };
}
