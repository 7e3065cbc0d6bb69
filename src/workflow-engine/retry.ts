import { asRewindError, type RewindError } from '../domain/errors.ts';
import type { Clock } from '../ports/system.ts';
import { LetGo } from './signals.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

export interface RetryRules {
  signal: AbortSignal;
  /** Whether this error is worth another try, so long after the first try. */
  again(error: RewindError, sinceFirstMs: number): boolean;
  onTrouble(error: RewindError): Promise<void>;
}

/** Runs `act` until it succeeds or the rules say no; rejects with the last RewindError or the signal's reason. */
export async function withRetry<T>(clock: Clock, rules: RetryRules, act: (attempt: number) => Promise<T>): Promise<T> {
  const began = clock.monotonic();
  for (let attempt = 1, pauseMs = FIRST_PAUSE_MS; ; attempt += 1, pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    rules.signal.throwIfAborted();
    try {
      return await act(attempt);
    } catch (caught) {
      // A killed child or a closed socket is the consequence of the abort, not its cause.
      rules.signal.throwIfAborted();
      if (caught instanceof LetGo) throw caught;
      const error = asRewindError(caught);
      if (!rules.again(error, clock.monotonic() - began)) throw error;
      await rules.onTrouble(error);
      await clock.sleep(pauseMs, rules.signal);
    }
  }
}
