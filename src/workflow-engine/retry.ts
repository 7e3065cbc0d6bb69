import { asRewindError, type RewindError } from '../domain/errors.ts';
import type { Clock } from '../ports/system.ts';
import { LetGo } from './signals.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** The state of something that is tried again and again. */
export interface Trouble {
  /** Time since the first error after the last progress. Milliseconds. */
  sinceMs: number;
  /** Number of attempts in a row that did something, but no more than one before them. */
  vain: number;
}

export interface RetryRules {
  signal: AbortSignal;
  /** Whether this error is worth another try. */
  again(error: RewindError, trouble: Trouble): boolean;
  onTrouble(error: RewindError): Promise<void>;
  /** What all attempts have done so far: bytes moved, and completed acts of several. Only rises. */
  moved(): number;
}

/**
 * Runs `act` until it succeeds or the rules say no; rejects with the last RewindError or the signal's reason. Time
 * counts from the first error, and starts again after an attempt that made progress: work that goes well is no trouble,
 * however long it takes.
 */
export async function withRetry<T>(clock: Clock, rules: RetryRules, act: (attempt: number) => Promise<T>): Promise<T> {
  let most = 0;
  let vain = 0;
  let since: number | undefined;
  for (let attempt = 1, pauseMs = FIRST_PAUSE_MS; ; attempt += 1, pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    rules.signal.throwIfAborted();
    const before = rules.moved();
    try {
      return await act(attempt);
    } catch (caught) {
      // A killed child or a closed socket is a consequence of the abort, not its cause.
      rules.signal.throwIfAborted();
      if (caught instanceof LetGo) throw caught;
      const error = asRewindError(caught);
      const gained = rules.moved() - before;
      if (gained > 0) {
        since = undefined;
        pauseMs = FIRST_PAUSE_MS;
        vain = gained > most ? 0 : vain + 1;
        most = Math.max(most, gained);
      }
      since ??= clock.monotonic();
      if (!rules.again(error, { sinceMs: clock.monotonic() - since, vain })) throw error;
      await rules.onTrouble(error);
      await clock.sleep(pauseMs, rules.signal);
    }
  }
}
