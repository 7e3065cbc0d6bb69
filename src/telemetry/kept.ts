import type { Clock } from '../ports/system.ts';

/**
 * Asks at most once in this many milliseconds; callers in the meantime share the answer. After a failure it asks again.
 */
export function kept<T>(clock: Pick<Clock, 'monotonic'>, forMs: number, ask: () => Promise<T>): () => Promise<T> {
  let known: { answer: Promise<T>; until: number } | undefined;
  return () => {
    if (known && known.until > clock.monotonic()) return known.answer;
    const entry = { answer: ask(), until: Number.POSITIVE_INFINITY };
    known = entry;
    entry.answer.then(
      () => {
        entry.until = clock.monotonic() + forMs;
      },
      () => {
        if (known === entry) known = undefined;
      },
    );
    return entry.answer;
  };
}
